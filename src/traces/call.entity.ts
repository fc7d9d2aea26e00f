import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { ToolCall } from '../../domain/chat/chat-request.js';
import type { StageName } from '../../domain/chat/call.js';
import type { BatchMode } from '../../domain/batches/batch-status.js';
import type { CallPrice } from '../../domain/pricing/call-price.js';
import { safeInteger } from '../database/column-types.js';

export type CallRecordOutcome = 'succeeded' | 'failed' | 'canceled';

/**
 * The ledger: one attempt of one call to a provider. At most one attempt of a key succeeded, and that one is
 * never made again.
 */
@Entity('calls')
@Check('calls_outcome', `"outcome" IN ('succeeded', 'failed', 'canceled')`)
@Index('calls_paid_once', ['completionId', 'key'], { unique: true, where: `"outcome" = 'succeeded'` })
@Index('calls_completion', ['completionId', 'id'])
@Index('calls_ended', ['endedAt', 'id'])
@Index('calls_group', ['groupId', 'id'], { where: '"group_id" IS NOT NULL' })
@Check('calls_mode', `"mode" IN ('batch', 'realtime')`)
export class CallEntity {
  /** Ascending in order of recording: the cursor of lists and event streams. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', primaryKeyConstraintName: 'calls_pkey', generatedIdentity: 'ALWAYS' })
  id!: string;

  /** Id of the completion, of the batch item or of the run's sample it belongs to; no foreign key, as these are three tables. */
  @Column('text', { name: 'completion_id' })
  completionId!: string;

  /** The logical call, from `callKey`. */
  @Column('text')
  key!: string;

  @Column('text')
  stage!: StageName;

  @Column('integer', { name: 'member_index' })
  memberIndex!: number;

  /** Temporal's attempt, from 1. */
  @Column('integer')
  attempt!: number;

  @Column('text')
  provider!: string;

  @Column('text')
  model!: string;

  /** sha256 (hex) of the provider-neutral request. */
  @Column('text', { name: 'request_hash' })
  requestHash!: string;

  @Column('text', { nullable: true })
  text!: string | null;

  @Column('jsonb', { name: 'tool_calls', nullable: true })
  toolCalls!: ToolCall[] | null;

  @Column('text', { name: 'finish_reason', nullable: true })
  finishReason!: string | null;

  @Column('integer', { name: 'input_tokens', nullable: true })
  inputTokens!: number | null;

  @Column('integer', { name: 'output_tokens', nullable: true })
  outputTokens!: number | null;

  @Column('integer', { name: 'cached_input_tokens', nullable: true })
  cachedInputTokens!: number | null;

  @Column('integer', { name: 'reasoning_tokens', nullable: true })
  reasoningTokens!: number | null;

  /** The provider gave no usage: tokens are characters divided by four, and the cost follows from them. Only calls of runs. */
  @Column('boolean', { name: 'usage_approximated', default: false })
  usageApproximated!: boolean;

  /** Null: unknown price or unknown usage. */
  @Column('bigint', { name: 'cost_nano_usd', nullable: true, transformer: safeInteger })
  costNanoUsd!: number | null;

  /** The price it was charged at. */
  @Column('jsonb', { nullable: true })
  price!: CallPrice | null;

  @Column('timestamptz', { name: 'started_at' })
  startedAt!: Date;

  @Column('timestamptz', { name: 'first_token_at', nullable: true })
  firstTokenAt!: Date | null;

  @Column('timestamptz', { name: 'ended_at' })
  endedAt!: Date;

  @Column('text')
  outcome!: CallRecordOutcome;

  @Column('text', { name: 'failure_code', nullable: true })
  failureCode!: string | null;

  @Column('text', { name: 'failure_message', nullable: true })
  failureMessage!: string | null;

  /** Parameters the provider can't take and that were left out. */
  @Column('jsonb', { name: 'dropped_parameters', nullable: true })
  droppedParameters!: string[] | null;

  /** The batch or run it was made for; null: a client's completion. */
  @Column('text', { name: 'group_id', nullable: true })
  groupId!: string | null;

  /** Which of the provider's interfaces made it, and so which price. */
  @Column('text', { default: 'realtime' })
  mode!: BatchMode;

  /** The provider's own id of the response. */
  @Column('text', { name: 'response_id', nullable: true })
  responseId!: string | null;
}
