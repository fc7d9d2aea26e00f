import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A version of a stored panel. `conclave.yaml` is read at start; a changed definition becomes a new version. */
@Entity('panels')
export class PanelEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'panels_pkey' })
  name!: string;

  /** From 1, ascending; completions name the version they used. */
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'panels_pkey' })
  version!: number;

  /** As written in `conclave.yaml`. */
  @Column('jsonb')
  definition!: Record<string, unknown>;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
