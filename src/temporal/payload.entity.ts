import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A Temporal payload of more than 32 KB, kept here so that histories stay small; workflows carry its hash. */
@Entity('payloads')
export class PayloadEntity {
  /** sha256 (hex) of `bytes`. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'payloads_pkey' })
  sha256!: string;

  /** The encoded `temporal.api.common.v1.Payload`. */
  @Column('bytea')
  bytes!: Buffer;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
