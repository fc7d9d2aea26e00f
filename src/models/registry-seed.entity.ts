import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A content of models.yaml that was taken over; the newest row is the one in force. */
@Entity('registry_seeds')
export class RegistrySeedEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', primaryKeyConstraintName: 'registry_seeds_pkey', generatedIdentity: 'ALWAYS' })
  id!: string;

  /** sha256 (hex) of the registry's prices. */
  @Column('text', { name: 'content_hash' })
  contentHash!: string;

  @Column('timestamptz', { name: 'seeded_at', default: () => 'now()' })
  seededAt!: Date;
}
