import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Requests of a caller in its current minute, as rate-limiter-flexible keeps them. The table is unlogged: counters may be lost with a crash, and cost no flush of the log. */
@Entity('request_limits')
export class RequestLimitEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'request_limits_pkey' })
  key!: string;

  @Column('integer', { default: 0 })
  points!: number;

  /** Milliseconds since the epoch. */
  @Column('bigint', { nullable: true })
  expire!: string | null;
}
