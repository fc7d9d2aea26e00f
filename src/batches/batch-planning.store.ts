import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { BatchOptions } from '../../domain/batches/batch-options.js';
import type { BatchCallStatus, BatchItemStatus, BatchMode } from '../../domain/batches/batch-status.js';
import type { BatchItemOutput } from '../../domain/batches/item-output.js';
import { affordable } from '../../domain/batches/pack-lines.js';
import type { LineSize } from '../../domain/batches/pack-lines.js';
import type { CallModelInput, CallOutcome } from '../../domain/chat/call.js';
import type { ChatRequest, FinishReason, ToolCall } from '../../domain/chat/chat-request.js';
import type { Decision } from '../../domain/chat/decision.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import type { CallFailure } from '../../domain/failures/failure-code.js';
import type { CallPrice } from '../../domain/pricing/call-price.js';
import { BudgetsStore } from '../budgets/budgets.store.js';
import type { BatchReason } from './batch.entity.js';
import type { BudgetStanding, Spending } from '../budgets/budgets.store.js';
import { inTransaction } from '../database/in-transaction.js';
import { safeJson } from '../database/safe-json.js';
import type { Sql } from '../database/sql.js';

/** What planning must know of a batch. */
export interface BatchToPlan {
  mode: BatchMode;
  options: BatchOptions;
  budgetId: string | null;
  /** Whether its budget caps money, and tokens. */
  capped: { nanoUsd: boolean; tokens: boolean };
  cancelRequested: boolean;
  /** Where its row says that it is paused or to be switched; null: neither. */
  standing: { pausedFor: BatchReason | null; nextMode: BatchMode | null } | null;
}

/** An item without outcome and without a call under way. */
export interface ReadyItem {
  id: string;
  ordinal: number;
  planHash: string;
  seed: number;
  validationAttempt: number;
  /** The request's own sampling seed; read only where an answer is asked again. */
  clientSeed: number | null;
}

/** What an item came to. `decision` is null for a plain model, whose one recorded call is the answer. */
export interface FinishedItem {
  id: string;
  status: Exclude<BatchItemStatus, 'pending'>;
  decision: Decision | null;
  output: BatchItemOutput | null;
  failure: CallFailure | null;
  validationAttempt: number;
}

/** A call that an item needs. `attempt` is 1 where its answer replaces one that missed the schema, so that its tokens count as a retry's. */
export interface MissingCall {
  input: CallModelInput;
  attempt: 0 | 1;
}

/** Outcomes and calls of one slice of items. */
export interface SliceResult {
  finished: FinishedItem[];
  missing: MissingCall[];
  /** Items whose answer missed the schema and is asked again: which attempt it is now. */
  askedAgain: { id: string; validationAttempt: number }[];
}

/** Waiting calls of one model. */
export interface WaitingGroup {
  provider: string;
  model: string;
  realtimeOnly: boolean;
  calls: number;
}

export interface WaitingCall {
  id: string;
  input: CallModelInput;
  request: ChatRequest;
}

/** One line as it enters a job: what it may cost at most, null where unknown. */
export interface JobLineBound extends LineSize {
  id: string;
  outputTokens: number | null;
  costNanoUsd: number | null;
}

export interface NewJob {
  batchId: string;
  round: number;
  mode: BatchMode;
  provider: string;
  model: string;
  endpoint: string;
  /** By which the lines' bounds were made, and their answers are charged; null: unknown. */
  price: CallPrice | null;
  lines: JobLineBound[];
}

/** What became of a job's lines: `planned` of them are in the job `jobId` (null: none was left, or none is allowed); `heldBy` where the cap does not allow them all. */
export interface WrittenJob {
  jobId: string | null;
  planned: number;
  heldBy: { budget: BudgetStanding; needed: Spending; lines: number } | null;
}

interface AnswerRow {
  completion_id: string;
  key: string;
  text: string | null;
  tool_calls: ToolCall[] | null;
  finish_reason: FinishReason | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cached_input_tokens: number | null;
  reasoning_tokens: number | null;
  cost_nano_usd: string | null;
}

/**
 * The rows of a batch as planning sees them. Every statement may be repeated: what is done already stays as it is. None is prepared by name: Postgres would keep the plan it made while
 * the tables were empty, and 100,000 items later each slice would read all of them.
 */
export class BatchPlanningStore {
  constructor(private readonly pool: pg.Pool) {}

  /** The batch, or null. */
  async batch(batchId: string): Promise<BatchToPlan | null> {
    const { rows } = await this.pool.query<{ mode: BatchMode; options: BatchOptions; budget_id: string | null; cost_capped: boolean; tokens_capped: boolean; cancel_requested: boolean; is_paused: boolean; reason: BatchReason | null; next_mode: BatchMode | null }>({
      text: `SELECT mode, next_mode, status = 'paused' AS is_paused, reason, options, budget_id, cost_cap_nano_usd IS NOT NULL AS cost_capped, token_cap IS NOT NULL AS tokens_capped, cancel_requested_at IS NOT NULL AS cancel_requested
FROM batches LEFT JOIN budgets ON budgets.id = batches.budget_id WHERE batches.id = $1`,
      values: [batchId],
    });
    const row = rows[0];
    if (!row) return null;
    const pausedFor = row.is_paused ? (row.reason ?? { code: 'user', message: 'Paused until it is resumed.' }) : null;
    const standing = pausedFor !== null || row.next_mode !== null ? { pausedFor, nextMode: row.next_mode } : null;
    return { mode: row.mode, options: row.options, budgetId: row.budget_id, capped: { nanoUsd: row.cost_capped, tokens: row.tokens_capped }, cancelRequested: row.cancel_requested, standing };
  }

  /** Pending items after an ordinal that have no call of these states, in their order (indices `batch_items_pending`, `batch_calls_key`). */
  async readyItems(batchId: string, afterOrdinal: number, limit: number, without: readonly BatchCallStatus[]): Promise<ReadyItem[]> {
    // A scalar subquery stays one look into the index for each item; NOT EXISTS would become a join with all calls where statistics are missing.
    const { rows } = await this.pool.query<{ id: string; ordinal: number; plan_hash: string; seed: string; validation_attempt: number; client_seed: number | null }>({
      text: `SELECT item.id, item.ordinal, item.plan_hash, item.seed, item.validation_attempt, CASE WHEN item.validation_attempt > 0 THEN (item.request #>> '{sampling,seed}')::float8 END AS client_seed
FROM batch_items AS item
WHERE item.batch_id = $1 AND item.status = 'pending' AND item.ordinal > $2
  AND (SELECT call.id FROM batch_calls AS call WHERE call.item_id = item.id AND call.status = ANY($4) LIMIT 1) IS NULL
ORDER BY item.ordinal LIMIT $3`,
      values: [batchId, afterOrdinal, limit, without],
    });
    return rows.map((row) => ({ id: row.id, ordinal: row.ordinal, planHash: row.plan_hash, seed: Number(row.seed), validationAttempt: row.validation_attempt, clientSeed: row.client_seed }));
  }

  /** Plans by hash. */
  async plans(batchId: string, hashes: string[]): Promise<Map<string, StrategyPlan>> {
    if (hashes.length === 0) return new Map();
    const { rows } = await this.pool.query<{ hash: string; plan: StrategyPlan }>({ text: 'SELECT hash, plan FROM batch_plans WHERE batch_id = $1 AND hash = ANY($2)', values: [batchId, hashes] });
    return new Map(rows.map(({ hash, plan }) => [hash, plan]));
  }

  /** Recorded answers and final failures of some items: by item, then by key. An answer counts before a failure (indices `calls_paid_once`, `batch_calls_key`). */
  async known(itemIds: string[]): Promise<Map<string, Map<string, CallOutcome>>> {
    const [failed, answered] = await Promise.all([
      this.pool.query<{ item_id: string; key: string; failure: CallFailure | null }>({ text: `SELECT item_id, key, failure FROM batch_calls WHERE item_id = ANY($1) AND status IN ('failed', 'canceled')`, values: [itemIds] }),
      this.pool.query<AnswerRow>({
        text: `SELECT completion_id, key, text, tool_calls, finish_reason, input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, cost_nano_usd
FROM calls WHERE completion_id = ANY($1) AND outcome = 'succeeded'`,
        values: [itemIds],
      }),
    ]);
    const known = new Map(itemIds.map((id) => [id, new Map<string, CallOutcome>()]));
    for (const { item_id: itemId, key, failure } of failed.rows) known.get(itemId)?.set(key, { ok: false, failure: failure ?? { code: 'internal', message: 'The call failed without a reason.' } });
    for (const row of answered.rows) known.get(row.completion_id)?.set(row.key, answerOf(row));
    return known;
  }

  /** Writes what a slice came to, in one transaction. Items that have an outcome keep it, calls that exist stay as they are, except one that is said to have succeeded and has no answer. */
  saveSlice(batchId: string, { finished, missing, askedAgain }: SliceResult): Promise<void> {
    return inTransaction(this.pool, async (tx) => {
      if (askedAgain.length > 0) await tx.query({ text: askAgainText, values: [JSON.stringify(askedAgain.map((item) => ({ id: item.id, attempt: item.validationAttempt })))] });
      if (missing.length > 0) await tx.query({ text: insertCallsText, values: [batchId, safeJson(missing.map(callRow))] });
      if (finished.length > 0) await tx.query({ text: finishItemsText, values: [safeJson(finished.map(itemRow))] });
    });
  }

  /** Waiting calls by model, the first planned first (index `batch_calls_waiting`). */
  async waitingGroups(batchId: string): Promise<WaitingGroup[]> {
    const { rows } = await this.pool.query<{ provider: string; model: string; realtime_only: boolean; calls: number }>({
      text: `SELECT provider, model, realtime_only, count(*)::integer AS calls FROM batch_calls WHERE batch_id = $1 AND status = 'waiting' GROUP BY provider, model, realtime_only ORDER BY min(id)`,
      values: [batchId],
    });
    return rows.map(({ realtime_only: realtimeOnly, ...group }) => ({ ...group, realtimeOnly }));
  }

  /** Waiting calls of a group after an id, with their conversations (index `batch_calls_waiting`). */
  async waitingCalls(batchId: string, group: Omit<WaitingGroup, 'calls'>, afterId: string, limit: number): Promise<WaitingCall[]> {
    const { rows } = await this.pool.query<WaitingCall>({
      text: `SELECT call.id, call.input, item.request FROM batch_calls AS call JOIN batch_items AS item ON item.id = call.item_id
WHERE call.batch_id = $1 AND call.status = 'waiting' AND call.provider = $2 AND call.model = $3 AND call.realtime_only = $4 AND call.id > $5 ORDER BY call.id LIMIT $6`,
      values: [batchId, group.provider, group.model, group.realtimeOnly, afterId, limit],
    });
    return rows;
  }

  /** Input tokens of the smallest job of the batch that its provider refused for the account's limits; null: it refused none (index `provider_jobs_batch`). */
  async refusedInputTokens(batchId: string, { provider, model }: Pick<WaitingGroup, 'provider' | 'model'>): Promise<number | null> {
    const { rows } = await this.pool.query<{ tokens: string | null }>({
      text: `SELECT min(estimated_input_tokens) AS tokens FROM provider_jobs WHERE batch_id = $1 AND provider = $2 AND model = $3 AND mode = 'batch' AND status = 'failed' AND reason ->> 'code' = 'rate_limit'`,
      values: [batchId, provider, model],
    });
    return rows[0]?.tokens == null ? null : Number(rows[0].tokens);
  }

  /** Calls that can't be sent at all fail with their reasons. */
  async failCalls(failures: { id: string; failure: CallFailure }[]): Promise<void> {
    if (failures.length === 0) return;
    await this.pool.query({
      text: `UPDATE batch_calls AS call SET status = 'failed', failure = now_is.failure FROM jsonb_to_recordset($1::jsonb) AS now_is(id bigint, failure jsonb) WHERE call.id = now_is.id AND call.status = 'waiting'`,
      values: [safeJson(failures)],
    });
  }

  /**
   * Writes a job, its lines and their reservation in one transaction: either all of them exist or none. Lines that somebody else took meanwhile are left out; where the cap does
   * not allow all, the job has the first that it allows, or none where a provider's job would hold less than a tenth of them. After a cancel nothing is written.
   */
  writeJob(job: NewJob, budgetId: string | null): Promise<WrittenJob> {
    return inTransaction(this.pool, async (tx) => {
      const open = await lockOpen(tx, job);
      if (open.length === 0) return { jobId: null, planned: 0, heldBy: null };
      const jobId = `pjob_${randomBytes(16).toString('hex')}`;
      const { lines, heldBy } = budgetId === null ? { lines: open, heldBy: null } : await reserve(tx, { budgetId, jobId, lines: open, least: job.mode === 'batch' ? open.length * leastShare : 0 });
      if (lines.length === 0) return { jobId: null, planned: 0, heldBy };
      await insertJob(tx, { ...job, lines }, jobId);
      return { jobId, planned: lines.length, heldBy };
    });
  }

  /** Jobs of the batch that are not final (index `provider_jobs_batch`), the items without outcome and the calls in no job. */
  async standing(batchId: string): Promise<{ jobs: { jobId: string; provider: string; model: string; mode: BatchMode; lines: number }[]; pending: number; waiting: number }> {
    const [jobs, counts] = await Promise.all([
      this.pool.query<{ jobId: string; provider: string; model: string; mode: BatchMode; lines: number }>({
        text: `SELECT id AS "jobId", provider, model, mode, line_count AS lines FROM provider_jobs WHERE batch_id = $1 AND status NOT IN ('collected', 'failed', 'canceled') ORDER BY created_at, id`,
        values: [batchId],
      }),
      this.pool.query<{ pending: number; waiting: number }>({
        text: `SELECT (SELECT count(*)::integer FROM batch_items WHERE batch_id = $1 AND status = 'pending') AS pending, (SELECT count(*)::integer FROM batch_calls WHERE batch_id = $1 AND status = 'waiting') AS waiting`,
        values: [batchId],
      }),
    ]);
    return { jobs: jobs.rows, pending: counts.rows[0]?.pending ?? 0, waiting: counts.rows[0]?.waiting ?? 0 };
  }
}

/** Lines of a job that are still waiting, locked; none after a cancel. */
async function lockOpen(tx: Sql, job: NewJob): Promise<JobLineBound[]> {
  const { rows } = await tx.query<{ id: string }>({
    text: `SELECT id FROM batch_calls WHERE id = ANY($2::bigint[]) AND status = 'waiting' AND EXISTS (SELECT FROM batches WHERE id = $1 AND cancel_requested_at IS NULL) ORDER BY id FOR UPDATE`,
    values: [job.batchId, job.lines.map(({ id }) => id)],
  });
  const open = new Set(rows.map(({ id }) => id));
  return job.lines.filter(({ id }) => open.has(id));
}

/** A cap sets aside what lines may cost at most and gets most of it back, so a tight one would go on for days with provider jobs of a few lines, each of which may take hours. */
const leastShare = 0.1;

/** Reserves for all lines, or else for as many as fit if they are at least `least`. The reservation's key is the job's id. */
async function reserve(tx: Sql, { budgetId, jobId, lines, least }: { budgetId: string; jobId: string; lines: JobLineBound[]; least: number }): Promise<{ lines: JobLineBound[]; heldBy: WrittenJob['heldBy'] }> {
  const budgets = new BudgetsStore(tx);
  if (await budgets.reserve(budgetId, jobId, sumOf(lines))) return { lines, heldBy: null };
  // A refusal has locked the budget, so what is read here stays until the end of the transaction.
  const budget = await budgets.read(budgetId);
  if (!budget) throw new Error(`Budget ${budgetId} is not in the database.`);
  const fitting = affordable(lines.map(spendingOf), { nanoUsd: leftOf(budget, 'nanoUsd'), tokens: leftOf(budget, 'tokens') });
  const count = fitting < least ? 0 : fitting;
  const allowed = lines.slice(0, count);
  if (count > 0 && !(await budgets.reserve(budgetId, jobId, sumOf(allowed)))) throw new Error(`Budget ${budgetId} changed under its lock.`);
  return { lines: allowed, heldBy: { budget, needed: sumOf(lines), lines: lines.length } };
}

function leftOf(budget: BudgetStanding, unit: keyof Spending): number | null {
  const cap = budget.caps[unit];
  return cap === null ? null : cap - budget.reserved[unit] - budget.spent[unit];
}

function spendingOf(line: JobLineBound): Spending {
  return { nanoUsd: line.costNanoUsd ?? 0, tokens: line.inputTokens + (line.outputTokens ?? 0) };
}

function sumOf(lines: readonly JobLineBound[]): Spending {
  return lines.map(spendingOf).reduce((sum, line) => ({ nanoUsd: sum.nanoUsd + line.nanoUsd, tokens: sum.tokens + line.tokens }), { nanoUsd: 0, tokens: 0 });
}

async function insertJob(tx: Sql, job: NewJob, jobId: string): Promise<void> {
  const inputTokens = job.lines.reduce((sum, line) => sum + line.inputTokens, 0);
  const bytes = job.mode === 'realtime' ? 0 : job.lines.reduce((sum, line) => sum + line.bytes, 0);
  await tx.query({
    text: `INSERT INTO provider_jobs (id, batch_id, round, mode, provider, model, endpoint, status, line_count, byte_count, estimated_input_tokens, price) VALUES ($1, $2, $3, $4, $5, $6, $7, 'planned', $8, $9, $10, $11)`,
    values: [jobId, job.batchId, job.round, job.mode, job.provider, job.model, job.endpoint, job.lines.length, bytes, inputTokens, job.price && safeJson(job.price)],
  });
  await tx.query({
    text: `UPDATE batch_calls AS call SET status = 'assigned', job_id = $1, attempt = attempt + 1, reserved_nano_usd = line.nano_usd, reserved_tokens = line.tokens FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS line(id, nano_usd, tokens) WHERE call.id = line.id`,
    values: [jobId, job.lines.map(({ id }) => id), job.lines.map(({ costNanoUsd }) => costNanoUsd), job.lines.map((line) => spendingOf(line).tokens)],
  });
}

function callRow({ input, attempt }: MissingCall): Record<string, unknown> {
  return { item_id: input.completionId, key: input.key, provider: input.model.provider, model: input.model.model, input, attempt };
}

function itemRow(item: FinishedItem): Record<string, unknown> {
  return { id: item.id, status: item.status, decision: item.decision, output: item.output, failure: item.failure, attempt: item.validationAttempt };
}

const insertCallsText = `INSERT INTO batch_calls (batch_id, item_id, key, provider, model, input, status, attempt)
SELECT $1, new.item_id, new.key, new.provider, new.model, new.input, 'waiting', new.attempt
FROM jsonb_to_recordset($2::jsonb) AS new(item_id text, key text, provider text, model text, input jsonb, attempt integer)
ON CONFLICT (item_id, key) DO UPDATE SET status = 'waiting', failure = NULL
WHERE batch_calls.status = 'succeeded' AND NOT EXISTS (SELECT FROM calls WHERE calls.completion_id = batch_calls.item_id AND calls.key = batch_calls.key AND calls.outcome = 'succeeded')`;

const askAgainText = `UPDATE batch_items AS item SET validation_attempt = now_is.attempt FROM jsonb_to_recordset($1::jsonb) AS now_is(id text, attempt integer) WHERE item.id = now_is.id AND item.status = 'pending'`;

const finishItemsText = `UPDATE batch_items AS item SET status = now_is.status, decision = now_is.decision, output = now_is.output, failure = now_is.failure, validation_attempt = now_is.attempt, finished_at = now()
FROM jsonb_to_recordset($1::jsonb) AS now_is(id text, status text, decision jsonb, output jsonb, failure jsonb, attempt integer)
WHERE item.id = now_is.id AND item.status = 'pending'`;

function answerOf(row: AnswerRow): CallOutcome {
  return {
    ok: true,
    text: row.text ?? '',
    toolCalls: row.tool_calls ?? [],
    finishReason: row.finish_reason ?? 'stop',
    usage: { inputTokens: row.input_tokens ?? 0, outputTokens: row.output_tokens ?? 0, cachedInputTokens: row.cached_input_tokens ?? 0, reasoningTokens: row.reasoning_tokens ?? 0 },
    costNanoUsd: row.cost_nano_usd === null ? null : Number(row.cost_nano_usd),
  };
}
