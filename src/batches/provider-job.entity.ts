import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { BatchMode, ProviderJobStatus } from '../../domain/batches/batch-status.js';
import type { CallPrice } from '../../domain/pricing/call-price.js';
import type { JobStatus } from '../providers/batch-provider.js';
import { safeInteger } from '../database/column-types.js';
import { BatchEntity, type BatchReason } from './batch.entity.js';

/** One job of a batch at one provider, or (mode `realtime`) one chunk of calls made one by one. The row is the intent: it exists before anything is sent. */
@Entity('provider_jobs')
@Check('provider_jobs_status', `"status" IN ('planned', 'creating', 'running', 'ended', 'collected', 'failed', 'canceled')`)
@Check('provider_jobs_mode', `"mode" IN ('batch', 'realtime')`)
@Index('provider_jobs_batch', ['batchId', 'createdAt', 'id'])
@Index('provider_jobs_inflight', ['provider'], { where: `"mode" = 'batch' AND "status" IN ('creating', 'running')` })
@Index('provider_jobs_reference', ['provider', 'reference'], { unique: true, where: '"reference" IS NOT NULL' })
export class ProviderJobEntity {
  /** `pjob_…` */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'provider_jobs_pkey' })
  id!: string;

  @Column('text', { name: 'batch_id' })
  @ForeignKey(() => BatchEntity, 'id', { name: 'provider_jobs_batch_id_fkey', onDelete: 'CASCADE' })
  batchId!: string;

  /** Which round of the batch's workflow planned it, from 0. */
  @Column('integer')
  round!: number;

  @Column('text')
  mode!: BatchMode;

  @Column('text')
  provider!: string;

  @Column('text')
  model!: string;

  /** Path its lines name; `''` where the provider has one kind only. */
  @Column('text')
  endpoint!: string;

  @Column('text')
  status!: ProviderJobStatus;

  @Column('jsonb', { nullable: true })
  reason!: BatchReason | null;

  @Column('integer', { name: 'line_count' })
  lineCount!: number;

  /** Of the rendered input; 0 for realtime chunks. */
  @Column('bigint', { name: 'byte_count', default: 0, transformer: safeInteger })
  byteCount!: number;

  @Column('bigint', { name: 'estimated_input_tokens', default: 0, transformer: safeInteger })
  estimatedInputTokens!: number;

  /** At which its lines were planned and are charged, whatever it is when they are collected; null: it was unknown. */
  @Column('jsonb', { nullable: true })
  price!: CallPrice | null;

  /** Id of the uploaded input at the provider. */
  @Column('text', { name: 'input_reference', nullable: true })
  inputReference!: string | null;

  /** The provider's id of the job. */
  @Column('text', { nullable: true })
  reference!: string | null;

  /** The provider's last word on it. */
  @Column('jsonb', { name: 'last_status', nullable: true })
  lastStatus!: JobStatus | null;

  /** Whether `reference` is proven to be this job's: false where it was matched by time and count after a crash, until a result names one of its lines. */
  @Column('boolean', { default: true })
  certain!: boolean;

  /** The provider's jobs that were taken for this one and turned out not to be. */
  @Column('text', { name: 'rejected_references', array: true, default: '{}' })
  rejectedReferences!: string[];

  /** Requests about it that failed in a row; decides the next wait. */
  @Column('integer', { name: 'trouble_count', default: 0 })
  troubleCount!: number;

  /** Attempts to make its calls (mode `realtime`); the newest is the one that goes on. */
  @Column('integer', { name: 'start_count', default: 0 })
  startCount!: number;

  @Column('integer', { name: 'poll_count', default: 0 })
  pollCount!: number;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  /** Just before the first attempt to create it at the provider. */
  @Column('timestamptz', { name: 'create_started_at', nullable: true })
  createStartedAt!: Date | null;

  @Column('timestamptz', { name: 'submitted_at', nullable: true })
  submittedAt!: Date | null;

  /** When the provider was first asked to cancel it. */
  @Column('timestamptz', { name: 'cancel_sent_at', nullable: true })
  cancelSentAt!: Date | null;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  @Column('timestamptz', { name: 'collected_at', nullable: true })
  collectedAt!: Date | null;

  /** Result rows that belonged to no line of this job, or to one that had its result. */
  @Column('integer', { name: 'orphaned_count', default: 0 })
  orphanedCount!: number;

  @Column('integer', { name: 'duplicated_count', default: 0 })
  duplicatedCount!: number;
}
