import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ProviderHealth } from '../../domain/limits/provider-health.js';

/**
 * How a provider answers, as all workers together saw it; a provider that never failed has no row. Written where `version` is still the one that was read. The table is unlogged:
 * after a crash of Postgres every provider counts as healthy until it fails again.
 */
@Entity('provider_states')
export class ProviderStateEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'provider_states_pkey' })
  provider!: string;

  @Column('jsonb')
  health!: ProviderHealth;

  @Column('integer')
  version!: number;
}
