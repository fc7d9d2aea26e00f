import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Requests and tokens of ten seconds at a provider or model, as rate-limiter-flexible keeps them. The table is unlogged: counters may be lost with a crash, and cost no flush of the log. */
@Entity('provider_rates')
export class ProviderRateEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'provider_rates_pkey' })
  key!: string;

  @Column('integer', { default: 0 })
  points!: number;

  /** Milliseconds since the epoch. */
  @Column('bigint', { nullable: true })
  expire!: string | null;
}
