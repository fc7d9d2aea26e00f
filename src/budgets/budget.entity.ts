import { Column, Entity, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/column-types.js';

/** A cap on spending. What is under way is reserved before it is sent and settled when its cost is known, so reserved + spent never pass the cap. */
@Entity('budgets')
export class BudgetEntity {
  /** `batch/<id>`, `run/<id>`, or a name that several share. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'budgets_pkey' })
  id!: string;

  /** Nano-USD; null: no cap. */
  @Column('bigint', { name: 'cost_cap_nano_usd', nullable: true, transformer: safeInteger })
  costCapNanoUsd!: number | null;

  /** Input and output tokens together; null: no cap. */
  @Column('bigint', { name: 'token_cap', nullable: true, transformer: safeInteger })
  tokenCap!: number | null;

  @Column('bigint', { name: 'reserved_nano_usd', default: 0, transformer: safeInteger })
  reservedNanoUsd!: number;

  @Column('bigint', { name: 'spent_nano_usd', default: 0, transformer: safeInteger })
  spentNanoUsd!: number;

  @Column('bigint', { name: 'reserved_tokens', default: 0, transformer: safeInteger })
  reservedTokens!: number;

  @Column('bigint', { name: 'spent_tokens', default: 0, transformer: safeInteger })
  spentTokens!: number;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
