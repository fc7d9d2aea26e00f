import { Check, Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { BatchCallStatus } from '../../domain/batches/batch-status.js';
import type { CallModelInput } from '../../domain/chat/call.js';
import type { CallFailure } from '../../domain/failures/failure-code.js';
import { safeInteger } from '../database/column-types.js';
import { BatchItemEntity } from './batch-item.entity.js';
import { BatchEntity } from './batch.entity.js';
import { ProviderJobEntity } from './provider-job.entity.js';

/** One call that an item needs: planned, then a line of a provider job. Its answer is in the ledger under item and key; a call is never made again once it is there. */
@Entity('batch_calls')
@Check('batch_calls_status', `"status" IN ('waiting', 'assigned', 'succeeded', 'failed', 'canceled')`)
@Index('batch_calls_key', ['itemId', 'key'], { unique: true })
@Index('batch_calls_waiting', ['batchId', 'id'], { where: `"status" = 'waiting'` })
@Index('batch_calls_job', ['jobId', 'id'])
@Index('batch_calls_batch_status', ['batchId', 'status'])
export class BatchCallEntity {
  /** Ascending in planning order. The id of its line at a provider is made of it and of its job's. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', primaryKeyConstraintName: 'batch_calls_pkey', generatedIdentity: 'ALWAYS' })
  id!: string;

  @Column('text', { name: 'batch_id' })
  @ForeignKey(() => BatchEntity, 'id', { name: 'batch_calls_batch_id_fkey', onDelete: 'CASCADE' })
  batchId!: string;

  @Column('text', { name: 'item_id' })
  @ForeignKey(() => BatchItemEntity, 'id', { name: 'batch_calls_item_id_fkey', onDelete: 'CASCADE' })
  itemId!: string;

  /** From `callKey`. */
  @Column('text')
  key!: string;

  @Column('text')
  provider!: string;

  @Column('text')
  model!: string;

  /** The whole call, as a completion's workflow would schedule it. */
  @Column('jsonb')
  input!: CallModelInput;

  @Column('text')
  status!: BatchCallStatus;

  /** Jobs it was a line of, the present one included. */
  @Column('integer', { default: 0 })
  attempt!: number;

  /** Must be made by realtime whatever the batch's mode: no batch interface, or `on_stuck: realtime`. */
  @Column('boolean', { name: 'realtime_only', default: false })
  realtimeOnly!: boolean;

  /** Its present or last job. */
  @Column('text', { name: 'job_id', nullable: true })
  @ForeignKey(() => ProviderJobEntity, 'id', { name: 'batch_calls_job_id_fkey', onDelete: 'SET NULL' })
  jobId!: string | null;

  /** Upper bound of what it may cost, nano-USD; null: unknown. */
  @Column('bigint', { name: 'reserved_nano_usd', nullable: true, transformer: safeInteger })
  reservedNanoUsd!: number | null;

  /** Input and output tokens set aside for its last attempt; null: never in a job. */
  @Column('bigint', { name: 'reserved_tokens', nullable: true, transformer: safeInteger })
  reservedTokens!: number | null;

  /** Of the last attempt that gave no answer. */
  @Column('jsonb', { nullable: true })
  failure!: CallFailure | null;
}
