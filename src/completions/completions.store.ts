import { Inject, Injectable } from '@nestjs/common';
import type { Decision } from '../../domain/chat/decision.js';
import type { ChatRequest } from '../../domain/chat/chat-request.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import type { CompletionStatus } from './completion.entity.js';
import type { CompletionRecord } from './completion-record.js';
import { storableJson } from './storable-json.js';

/** A completion as it is before its workflow starts. */
export interface NewCompletion {
  id: string;
  caller: string;
  idempotencyKey: string | null;
  bodyHash: string;
  endpoint: 'openai' | 'anthropic';
  model: string;
  plan: StrategyPlan;
  request: ChatRequest;
  stream: boolean;
  usageMode: 'billing' | 'client';
  simulated: boolean;
  createdAt: Date;
  deadlineAt: Date;
}

/** What (re)starting a completion's workflow takes. */
export interface StartableCompletion {
  id: string;
  status: CompletionStatus;
  bodyHash: string;
  model: string;
  plan: StrategyPlan;
  stream: boolean;
  createdAt: Date;
  deadlineAt: Date;
}

/** A completion that handed out a tool call, as its follow-up needs it. */
export interface ToolCallOwner {
  toolCallId: string;
  actingModel: string;
  decision: Decision | null;
}

/** A stored piece of a streamed answer. */
export interface StoredPiece {
  attempt: number;
  offset: number;
  text: string;
}

const startable = 'id, status, body_hash AS "bodyHash", model, plan, stream, created_at AS "createdAt", deadline_at AS "deadlineAt"';

type RecordRow = Omit<CompletionRecord, BigintColumn> & Record<BigintColumn, string>;
type BigintColumn = 'inputTokens' | 'outputTokens' | 'cachedInputTokens' | 'reasoningTokens' | 'finalInputTokens' | 'finalOutputTokens' | 'costNanoUsd';

// `bigint` arrives as text; all of these fit a number.
function withNumbers(row: RecordRow): CompletionRecord {
  const number = (name: BigintColumn): number => Number(row[name]);
  return {
    ...row,
    inputTokens: number('inputTokens'),
    outputTokens: number('outputTokens'),
    cachedInputTokens: number('cachedInputTokens'),
    reasoningTokens: number('reasoningTokens'),
    finalInputTokens: number('finalInputTokens'),
    finalOutputTokens: number('finalOutputTokens'),
    costNanoUsd: number('costNanoUsd'),
  };
}

/** SQL about completions as the api asks it; every statement of the request path is prepared. */
@Injectable()
export class CompletionsStore {
  constructor(@Inject(POSTGRES_POOL) private readonly sql: Sql) {}

  /** Writes a running completion; false where the caller's idempotency key (index `completions_idempotency`) or the id exists. Safe to repeat. */
  async create(completion: NewCompletion): Promise<boolean> {
    const { plan } = completion;
    const { rowCount } = await this.sql.query({
      name: 'completion-create',
      text:
        `INSERT INTO completions (id, status, caller, idempotency_key, body_hash, endpoint, model, strategy, panel, plan, request, stream, usage_mode, simulated, created_at, deadline_at)
         VALUES ($1, 'running', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING`,
      values: [
        completion.id,
        completion.caller,
        completion.idempotencyKey,
        completion.bodyHash,
        completion.endpoint,
        completion.model,
        plan.strategy,
        plan.panel ? `${plan.panel.name}@${String(plan.panel.version)}` : null,
        storableJson(plan),
        storableJson(completion.request),
        completion.stream,
        completion.usageMode,
        completion.simulated,
        completion.createdAt,
        completion.deadlineAt,
      ],
    });
    return rowCount === 1;
  }

  /** The caller's completion of this idempotency key (index `completions_idempotency`), or null. */
  async findByKey(caller: string, idempotencyKey: string): Promise<StartableCompletion | null> {
    const { rows } = await this.sql.query<StartableCompletion>({
      name: 'completion-by-key',
      text: `SELECT ${startable} FROM completions WHERE caller = $1 AND idempotency_key = $2`,
      values: [caller, idempotencyKey],
    });
    return rows[0] ?? null;
  }

  /** The caller's newest completion of the same body which runs or is younger than `youngerThanMs` (index `completions_attach`); canceled ones don't count. */
  async findRepeated(caller: string, bodyHash: string, youngerThanMs: number): Promise<StartableCompletion | null> {
    const { rows } = await this.sql.query<StartableCompletion>({
      name: 'completion-repeated',
      text: `SELECT ${startable} FROM completions
             WHERE caller = $1 AND body_hash = $2 AND status <> 'canceled' AND (status = 'running' OR created_at > now() - $3 * interval '1 millisecond')
             ORDER BY created_at DESC LIMIT 1`,
      values: [caller, bodyHash, youngerThanMs],
    });
    return rows[0] ?? null;
  }

  /** The record of a completion; null where there is none, or (with `caller`) none of that caller. */
  async read(id: string, caller: string | null = null): Promise<CompletionRecord | null> {
    const { rows } = await this.sql.query<RecordRow>({
      name: 'completion-read',
      text: `SELECT id, status, endpoint, model, strategy, panel, usage_mode AS "usageMode", simulated, created_at AS "createdAt", decision, failure, call_count AS "callCount",
               input_tokens AS "inputTokens", output_tokens AS "outputTokens", cached_input_tokens AS "cachedInputTokens", reasoning_tokens AS "reasoningTokens",
               final_input_tokens AS "finalInputTokens", final_output_tokens AS "finalOutputTokens", cost_nano_usd AS "costNanoUsd", cost_known AS "costKnown", degraded
             FROM completions WHERE id = $1 AND ($2::text IS NULL OR caller = $2)`,
      values: [id, caller],
    });
    const row = rows[0];
    return row ? withNumbers(row) : null;
  }

  /** Which of these completions are no longer running. */
  async finishedAmong(ids: readonly string[]): Promise<string[]> {
    const { rows } = await this.sql.query<{ id: string }>({ name: 'completions-finished', text: `SELECT id FROM completions WHERE id = ANY($1) AND status <> 'running'`, values: [ids] });
    return rows.map((row) => row.id);
  }

  /** The stored text from `offset` on: of `attempt`, or of the latest where that is null. */
  async streamedText(id: string, attempt: number | null, offset: number): Promise<StoredPiece[]> {
    const { rows } = await this.sql.query<StoredPiece>({
      name: 'completion-streamed',
      text: `SELECT attempt, text_offset AS "offset", text FROM stream_chunks
             WHERE completion_id = $1 AND attempt = coalesce($2, (SELECT max(attempt) FROM stream_chunks WHERE completion_id = $1)) AND text_offset + 2 * length(text) > $3
             ORDER BY text_offset`,
      values: [id, attempt, offset],
    });
    return rows;
  }

  /** Which completions of this caller handed out these tool calls, with what they had decided. */
  async toolCallOwners(caller: string, toolCallIds: readonly string[]): Promise<ToolCallOwner[]> {
    const { rows } = await this.sql.query<ToolCallOwner>({
      name: 'tool-call-owners',
      text: `SELECT owner.tool_call_id AS "toolCallId", owner.acting_model AS "actingModel", completion.decision
             FROM tool_call_owners owner JOIN completions completion ON completion.id = owner.completion_id
             WHERE owner.caller = $1 AND owner.tool_call_id = ANY($2)`,
      values: [caller, toolCallIds],
    });
    return rows;
  }

  /** Running completions created between `olderThanMs` ago and `after`, oldest first (index `completions_running`). */
  async running(after: Date, olderThanMs: number, limit: number): Promise<StartableCompletion[]> {
    const { rows } = await this.sql.query<StartableCompletion>({
      name: 'completions-running',
      text: `SELECT ${startable} FROM completions WHERE status = 'running' AND created_at > $1 AND created_at < now() - $2 * interval '1 millisecond' ORDER BY created_at LIMIT $3`,
      values: [after, olderThanMs, limit],
    });
    return rows;
  }
}
