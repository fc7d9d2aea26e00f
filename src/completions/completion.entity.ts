import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ChatRequest } from '../../domain/chat/chat-request.js';
import type { CompletionFailure, Decision } from '../../domain/chat/decision.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import { safeInteger } from '../database/column-types.js';

export type CompletionStatus = 'running' | 'completed' | 'failed' | 'canceled';

/** One request through a strategy. The row is written before its workflow starts, and finished by the `recordCompletion` activity. */
@Entity('completions')
@Check('completions_status', `"status" IN ('running', 'completed', 'failed', 'canceled')`)
@Index('completions_idempotency', ['caller', 'idempotencyKey'], { unique: true, where: '"idempotency_key" IS NOT NULL' })
@Index('completions_attach', ['caller', 'bodyHash', 'createdAt'])
@Index('completions_caller_created', ['caller', 'createdAt', 'id'])
@Index('completions_created', ['createdAt', 'id'])
@Index('completions_running', ['createdAt'], { where: `"status" = 'running'` })
export class CompletionEntity {
  /** `chatcmpl-…`, `trio-…` or `msg_…`: the id the client sees; the workflow is `completion/<id>`. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'completions_pkey' })
  id!: string;

  @Column('text')
  status!: CompletionStatus;

  /** Id of the API key, or `anonymous` on an open loopback service. */
  @Column('text')
  caller!: string;

  @Column('text', { name: 'idempotency_key', nullable: true })
  idempotencyKey!: string | null;

  /** sha256 (hex) of endpoint and canonical body. */
  @Column('text', { name: 'body_hash' })
  bodyHash!: string;

  @Column('text')
  endpoint!: 'openai' | 'anthropic';

  /** The model name as the client wrote it; answers repeat it. */
  @Column('text')
  model!: string;

  @Column('text')
  strategy!: string;

  /** `name@version` of the stored panel, if one was used. */
  @Column('text', { nullable: true })
  panel!: string | null;

  @Column('jsonb')
  plan!: StrategyPlan;

  @Column('jsonb')
  request!: ChatRequest;

  @Column('boolean')
  stream!: boolean;

  /** `billing` sums every call into `usage`, `client` the final stage only. */
  @Column('text', { name: 'usage_mode' })
  usageMode!: 'billing' | 'client';

  /** Answers came from the simulated provider. */
  @Column('boolean')
  simulated!: boolean;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'deadline_at' })
  deadlineAt!: Date;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;

  @Column('jsonb', { nullable: true })
  decision!: Decision | null;

  @Column('jsonb', { nullable: true })
  failure!: CompletionFailure | null;

  /** Sums over the recorded calls, set when the completion finishes. */
  @Column('integer', { name: 'call_count', default: 0 })
  callCount!: number;

  @Column('bigint', { name: 'input_tokens', default: 0, transformer: safeInteger })
  inputTokens!: number;

  @Column('bigint', { name: 'output_tokens', default: 0, transformer: safeInteger })
  outputTokens!: number;

  @Column('bigint', { name: 'cached_input_tokens', default: 0, transformer: safeInteger })
  cachedInputTokens!: number;

  @Column('bigint', { name: 'reasoning_tokens', default: 0, transformer: safeInteger })
  reasoningTokens!: number;

  /** Of the final stage only. */
  @Column('bigint', { name: 'final_input_tokens', default: 0, transformer: safeInteger })
  finalInputTokens!: number;

  @Column('bigint', { name: 'final_output_tokens', default: 0, transformer: safeInteger })
  finalOutputTokens!: number;

  /** Nano-USD of all calls whose cost is known; `costKnown` is false when some call's is not. */
  @Column('bigint', { name: 'cost_nano_usd', default: 0, transformer: safeInteger })
  costNanoUsd!: number;

  @Column('boolean', { name: 'cost_known', default: true })
  costKnown!: boolean;

  @Column('boolean', { default: false })
  degraded!: boolean;
}
