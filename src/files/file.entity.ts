import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/column-types.js';

export type FilePurpose = 'batch' | 'batch_output';
export type FileStatus = 'uploading' | 'processed';

/** A file of the OpenAI files interface, and the input of every batch. Its bytes are in `file_chunks`. */
@Entity('files')
@Check('files_purpose', `"purpose" IN ('batch', 'batch_output')`)
@Check('files_status', `"status" IN ('uploading', 'processed')`)
@Index('files_caller_created', ['caller', 'createdAt', 'id'])
@Index('files_uploading', ['createdAt'], { where: `"status" = 'uploading'` })
export class FileEntity {
  /** `file-…` */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'files_pkey' })
  id!: string;

  @Column('text')
  caller!: string;

  @Column('text')
  purpose!: FilePurpose;

  @Column('text')
  filename!: string;

  @Column('text')
  status!: FileStatus;

  @Column('bigint', { default: 0, transformer: safeInteger })
  bytes!: number;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
