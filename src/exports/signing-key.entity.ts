import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A key that signed, or signs, exports of this installation: its public half, so that older exports can be verified. */
@Entity('signing_keys')
export class SigningKeyEntity {
  /** sha256 (hex) of the raw public key. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'signing_keys_pkey' })
  id!: string;

  /** base64 of 32 bytes. */
  @Column('text', { name: 'public_key' })
  publicKey!: string;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  /** When another key took its place; null: in use. */
  @Column('timestamptz', { name: 'retired_at', nullable: true })
  retiredAt!: Date | null;
}
