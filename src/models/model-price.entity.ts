import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { decimal, safeInteger } from '../database/column-types.js';

/** `seed`: from models.yaml; `override`: set through the API. */
export type PriceOrigin = 'seed' | 'override';

/**
 * What a model cost from a time on, in integer nano-USD per million tokens at the batch rate. Rows are never changed but to close them: a new price is a new row. Of the rows
 * valid at a time an override wins over a seed, and of two of one origin the later written.
 */
@Entity('model_prices')
@Check('model_prices_origin', `"origin" IN ('seed', 'override')`)
@Check('model_prices_validity', `"valid_until" IS NULL OR "valid_until" >= "valid_from"`)
@Check('model_prices_positive', `"input_nano_usd_per_million" >= 0 AND "output_nano_usd_per_million" >= 0 AND "cached_input_nano_usd_per_million" >= 0 AND "reasoning_nano_usd_per_million" >= 0 AND "realtime_multiplier" > 0`)
@Index('model_prices_model', ['provider', 'model', 'id'])
@Index('model_prices_open', ['validUntil'])
@Index('model_prices_one_open_seed', ['provider', 'model'], { unique: true, where: `"origin" = 'seed' AND "valid_until" IS NULL` })
export class ModelPriceEntity {
  /** Ascending in order of writing: the cursor of lists. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', primaryKeyConstraintName: 'model_prices_pkey', generatedIdentity: 'ALWAYS' })
  id!: string;

  @Column('text')
  provider!: string;

  @Column('text')
  model!: string;

  @Column('text')
  origin!: PriceOrigin;

  @Column('bigint', { name: 'input_nano_usd_per_million', transformer: safeInteger })
  inputNanoUsdPerMillion!: number;

  @Column('bigint', { name: 'output_nano_usd_per_million', transformer: safeInteger })
  outputNanoUsdPerMillion!: number;

  /** Null: cached input costs what other input costs. */
  @Column('bigint', { name: 'cached_input_nano_usd_per_million', nullable: true, transformer: safeInteger })
  cachedInputNanoUsdPerMillion!: number | null;

  /** Null: reasoning costs what other output costs. */
  @Column('bigint', { name: 'reasoning_nano_usd_per_million', nullable: true, transformer: safeInteger })
  reasoningNanoUsdPerMillion!: number | null;

  /** What a realtime call costs, in terms of these prices. */
  @Column('numeric', { name: 'realtime_multiplier', transformer: decimal })
  realtimeMultiplier!: number;

  @Column('text')
  source!: string;

  /** When it was read at the source. */
  @Column('date', { name: 'source_date' })
  sourceDate!: string;

  /** Whether someone checked it against the provider's own page. */
  @Column('boolean')
  verified!: boolean;

  @Column('timestamptz', { name: 'valid_from' })
  validFrom!: Date;

  /** From then on it does not hold; null: it holds until further notice. */
  @Column('timestamptz', { name: 'valid_until', nullable: true })
  validUntil!: Date | null;

  /** Who set it; null: models.yaml. */
  @Column('text', { name: 'changed_by', nullable: true })
  changedBy!: string | null;

  @Column('timestamptz', { name: 'changed_at', default: () => 'now()' })
  changedAt!: Date;
}
