import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { CompletionEntity } from './completion.entity.js';

/** A piece of a final answer as it was streamed, for readers that join late or lost a notification. Deleted when the completion finishes. */
@Entity('stream_chunks')
export class StreamChunkEntity {
  @PrimaryColumn('text', { name: 'completion_id', primaryKeyConstraintName: 'stream_chunks_pkey' })
  @ForeignKey(() => CompletionEntity, 'id', { name: 'stream_chunks_completion_id_fkey', onDelete: 'CASCADE' })
  completionId!: string;

  /** Attempt of the call that wrote it; a later attempt's text is another text. */
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'stream_chunks_pkey' })
  attempt!: number;

  /** Position of the first UTF-16 code unit in the attempt's text. */
  @PrimaryColumn('integer', { name: 'text_offset', primaryKeyConstraintName: 'stream_chunks_pkey' })
  offset!: number;

  @Column('text')
  text!: string;
}
