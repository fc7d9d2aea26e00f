import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { StoredOverride } from './override-fields.js';

/**
 * One field of a model (or of a provider, `model` empty) set through the API for a time, apart from what models.yaml says. Of the rows of a field valid at a time the later
 * written wins, so that an override for a week gives way to the standing one by itself.
 */
@Entity('model_overrides')
@Check('model_overrides_validity', `"valid_until" IS NULL OR "valid_until" >= "valid_from"`)
@Index('model_overrides_model', ['provider', 'model', 'id'])
@Index('model_overrides_open', ['validUntil'])
export class ModelOverrideEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', primaryKeyConstraintName: 'model_overrides_pkey', generatedIdentity: 'ALWAYS' })
  id!: string;

  @Column('text')
  provider!: string;

  /** Empty: the provider itself. */
  @Column('text')
  model!: string;

  @Column('text')
  field!: StoredOverride['field'];

  @Column('jsonb')
  value!: StoredOverride['value'];

  @Column('timestamptz', { name: 'valid_from' })
  validFrom!: Date;

  /** From then on it does not hold; null: it holds until further notice. */
  @Column('timestamptz', { name: 'valid_until', nullable: true })
  validUntil!: Date | null;

  @Column('text', { name: 'changed_by' })
  changedBy!: string;

  @Column('timestamptz', { name: 'changed_at', default: () => 'now()' })
  changedAt!: Date;
}
