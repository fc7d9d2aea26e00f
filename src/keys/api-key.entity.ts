import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A key that callers present; only its sha256 is stored. */
@Entity('api_keys')
@Index('api_keys_hash', ['hash'], { unique: true })
export class ApiKeyEntity {
  /** `key_…`; what records name as the caller. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'api_keys_pkey' })
  id!: string;

  @Column('text')
  name!: string;

  /** First characters of the key, to recognise it by. */
  @Column('text')
  prefix!: string;

  /** sha256 (hex) of the key: keys are 256 random bits, so no slow hash is needed. */
  @Column('text')
  hash!: string;

  /** Requests per minute; null: no limit. */
  @Column('integer', { name: 'requests_per_minute', nullable: true })
  requestsPerMinute!: number | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;
}
