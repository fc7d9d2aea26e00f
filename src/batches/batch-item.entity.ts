import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { BatchItemStatus } from '../../domain/batches/batch-status.js';
import type { BatchItemOutput } from '../../domain/batches/item-output.js';
import type { ChatRequest } from '../../domain/chat/chat-request.js';
import type { Decision } from '../../domain/chat/decision.js';
import type { CallFailure } from '../../domain/failures/failure-code.js';
import { safeInteger } from '../database/column-types.js';
import { BatchEntity } from './batch.entity.js';

/** One request of a batch: a completion without a client, whose calls are in the ledger under its id. */
@Entity('batch_items')
@Check('batch_items_status', `"status" IN ('pending', 'succeeded', 'failed', 'canceled')`)
@Index('batch_items_custom_id', ['batchId', 'customId'], { unique: true })
@Index('batch_items_ordinal', ['batchId', 'ordinal'], { unique: true })
@Index('batch_items_pending', ['batchId', 'ordinal'], { where: `"status" = 'pending'` })
export class BatchItemEntity {
  /** `<batch id>.<ordinal>`: the completion id of its calls. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'batch_items_pkey' })
  id!: string;

  @Column('text', { name: 'batch_id' })
  @ForeignKey(() => BatchEntity, 'id', { name: 'batch_items_batch_id_fkey', onDelete: 'CASCADE' })
  batchId!: string;

  /** From 0, in the order of the input. */
  @Column('integer')
  ordinal!: number;

  @Column('text', { name: 'custom_id' })
  customId!: string;

  /** As the item named it; answers repeat it. */
  @Column('text')
  model!: string;

  @Column('text', { name: 'plan_hash' })
  planHash!: string;

  @Column('bigint', { transformer: safeInteger })
  seed!: number;

  @Column('jsonb')
  request!: ChatRequest;

  @Column('text')
  status!: BatchItemStatus;

  /** What the strategy decided; null for a plain model, whose one recorded call is the answer. */
  @Column('jsonb', { nullable: true })
  decision!: Decision | null;

  /** Null without a schema. */
  @Column('jsonb', { nullable: true })
  output!: BatchItemOutput | null;

  /** Answers asked for so far that missed the schema. */
  @Column('integer', { name: 'validation_attempt', default: 0 })
  validationAttempt!: number;

  @Column('jsonb', { nullable: true })
  failure!: CallFailure | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;
}
