import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { BatchOptions } from '../../domain/batches/batch-options.js';
import type { BatchMode } from '../../domain/batches/batch-status.js';
import type { CallModelInput, CallOutcome } from '../../domain/chat/call.js';
import type { ChatRequest } from '../../domain/chat/chat-request.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import { planWithSeed } from '../../domain/batches/plan-with-seed.js';
import { CallsStore, unanswered } from '../../src/traces/calls.store.js';

export const batchOptions: BatchOptions = {
  pollIntervalMs: 5_000,
  maxPollIntervalMs: 60_000,
  maxAgeMs: 93_600_000,
  onStuck: 'resubmit',
  maxAttempts: 4,
  initialDelayMs: 30_000,
  backoffMultiplier: 2,
  schema: null,
  validationAttempts: 0,
  maxInflight: 10,
};

export interface GivenItem {
  plan: StrategyPlan;
  request?: Partial<ChatRequest>;
  seed?: number;
}

/** A batch whose items are read, as `loadItems` leaves it. Returns its id; item n is `<id>.<n>`. */
export async function createBatchRows(pool: pg.Pool, given: { items: GivenItem[]; mode?: BatchMode; options?: Partial<BatchOptions>; budgetId?: string }): Promise<string> {
  const batchId = `batch_${randomBytes(8).toString('hex')}`;
  await pool.query(`INSERT INTO files (id, caller, purpose, filename, status) VALUES ($1, 'spec', 'batch', 'spec.jsonl', 'processed')`, [`file_${batchId}`]);
  await pool.query(
    `INSERT INTO batches (id, caller, body_hash, interface, status, mode, defaults, options, metadata, input_file_id, budget_id, item_count, simulated, started_at)
VALUES ($1, 'spec', '', 'conclave', 'submitting', $2, '{"model": null, "parameters": {}}', $3, '{}', $4, $5, $6, true, now())`,
    [batchId, given.mode ?? 'batch', JSON.stringify({ ...batchOptions, ...given.options }), `file_${batchId}`, given.budgetId ?? null, given.items.length],
  );
  const plans = new Map(given.items.map(({ plan }) => [JSON.stringify(planWithSeed(plan, 0)), plan]));
  const hashOf = (plan: StrategyPlan): string => String([...plans.keys()].indexOf(JSON.stringify(planWithSeed(plan, 0))));
  for (const plan of plans.values()) await pool.query('INSERT INTO batch_plans (batch_id, hash, plan) VALUES ($1, $2, $3)', [batchId, hashOf(plan), JSON.stringify(planWithSeed(plan, 0))]);
  const rows = given.items.map((item, ordinal) => ({
    id: `${batchId}.${ordinal}`,
    ordinal,
    custom_id: `item-${ordinal}`,
    plan_hash: hashOf(item.plan),
    seed: item.seed ?? 7,
    request: { messages: [{ role: 'user', content: `question ${ordinal}` }], sampling: { maxOutputTokens: 100 }, ...item.request },
  }));
  await pool.query(
    `INSERT INTO batch_items (id, batch_id, ordinal, custom_id, model, plan_hash, seed, request, status)
SELECT id, $1, ordinal, custom_id, 'spec', plan_hash, seed, request, 'pending' FROM jsonb_to_recordset($2::jsonb) AS item(id text, ordinal integer, custom_id text, plan_hash text, seed bigint, request jsonb)`,
    [batchId, JSON.stringify(rows)],
  );
  return batchId;
}

interface AssignedCall {
  id: string;
  input: CallModelInput;
  attempt: number;
  mode: BatchMode;
}

/** Answers every assigned call as a script says and ends all jobs, as `collectJob` and `makeRealtimeCalls` do. Returns the calls. */
export async function answerAssigned(pool: pg.Pool, batchId: string, script: (call: CallModelInput) => CallOutcome): Promise<CallModelInput[]> {
  const { rows } = await pool.query<AssignedCall>(
    `SELECT call.id, call.input, call.attempt, job.mode FROM batch_calls AS call JOIN provider_jobs AS job ON job.id = call.job_id WHERE call.batch_id = $1 AND call.status = 'assigned' ORDER BY call.id`,
    [batchId],
  );
  for (const call of rows) await answer(pool, call, script(call.input));
  await pool.query(`UPDATE provider_jobs SET status = 'collected', ended_at = now(), collected_at = now() WHERE batch_id = $1`, [batchId]);
  return rows.map(({ input }) => input);
}

async function answer(pool: pg.Pool, { id, input, attempt, mode }: AssignedCall, outcome: CallOutcome): Promise<void> {
  if (!outcome.ok) {
    await pool.query(`UPDATE batch_calls SET status = 'failed', failure = $2 WHERE id = $1`, [id, JSON.stringify(outcome.failure)]);
    return;
  }
  await new CallsStore(pool).enter({
    completionId: input.completionId,
    key: input.key,
    stage: input.stage,
    memberIndex: input.memberIndex,
    attempt,
    provider: input.model.provider,
    model: input.model.model,
    requestHash: '',
    ...unanswered,
    text: outcome.text,
    toolCalls: outcome.toolCalls,
    finishReason: outcome.finishReason,
    usage: outcome.usage,
    costNanoUsd: outcome.costNanoUsd,
    startedAt: Date.now(),
    endedAt: Date.now(),
    outcome: 'succeeded',
    groupId: input.groupId ?? null,
    mode,
  });
  await pool.query(`UPDATE batch_calls SET status = 'succeeded', failure = NULL WHERE id = $1`, [id]);
}
