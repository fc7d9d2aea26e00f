import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A place for one call at a provider, or at one of its models; free while `expires_at` is null or past. The table is unlogged: places that are lost are made again. */
@Entity('provider_slots')
export class ProviderSlotEntity {
  /** `openai` or `openai/gpt-4o`. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'provider_slots_pkey' })
  scope!: string;

  /** From 1; the limit is the highest that is used. */
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'provider_slots_pkey' })
  slot!: number;

  /** Of the call that has it. */
  @Column('text', { nullable: true })
  lease!: string | null;

  /** Prolonged by the worker that has it; a dead worker's places are free again soon. */
  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;
}
