import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { FileEntity } from './file.entity.js';

/** A piece of a file, at most 256 KiB, so that neither writer nor reader holds a file in memory. */
@Entity('file_chunks')
export class FileChunkEntity {
  @PrimaryColumn('text', { name: 'file_id', primaryKeyConstraintName: 'file_chunks_pkey' })
  @ForeignKey(() => FileEntity, 'id', { name: 'file_chunks_file_id_fkey', onDelete: 'CASCADE' })
  fileId!: string;

  @PrimaryColumn('integer', { primaryKeyConstraintName: 'file_chunks_pkey' })
  index!: number;

  @Column('bytea')
  bytes!: Buffer;
}
