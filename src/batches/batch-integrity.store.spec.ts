import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { retryFailedItems } from '../../activities/retry-failed-items.js';
import { createSetBatchStatus } from '../../activities/set-batch-status.js';
import type { PlanningParts } from '../../activities/assign-calls.js';
import { planRound } from '../../activities/plan-round.js';
import type { CallModelInput, CallOutcome } from '../../domain/chat/call.js';
import { answerAssigned, createBatchRows } from '../../test/support/batch-rows.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { failureOutcome, planOf, textOutcome } from '../../workflows/consensus/scripted-context.js';
import { createPostgresPool } from '../database/postgres-pool.js';
import { BatchIntegrityStore } from './batch-integrity.store.js';
import { BatchPlanningStore } from './batch-planning.store.js';
import { BatchStateStore } from './batch-state.store.js';

let database: TestDatabase;
let pool: pg.Pool;
let integrity: BatchIntegrityStore;
let state: BatchStateStore;
let parts: PlanningParts;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPostgresPool({ databaseUrl: database.url, size: 4, name: 'integrity spec' });
  integrity = new BatchIntegrityStore(pool);
  state = new BatchStateStore(pool);
  parts = {
    planning: new BatchPlanningStore(pool),
    provider: () => {
      throw new Error('No provider is asked.');
    },
    price: () => null,
    outputLimit: () => null,
    contextLimit: () => null, batchSupport: () => null,
    jobTokenLimit: () => null,
    acceptsImages: () => true,
  };
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

type Script = (call: CallModelInput) => CallOutcome;
let made: string[] = [];
beforeEach(() => {
  made = [];
});

/** Goes on with a batch until nothing is pending, and remembers which calls were made. */
async function goOn(batchId: string, script: Script): Promise<void> {
  for (let round = 0; round < 12; round += 1) {
    const plan = await planRound(parts, { batchId, round });
    if (plan.pending === 0) {
      await pool.query(`UPDATE batches SET status = 'completed', finished_at = now() WHERE id = $1`, [batchId]);
      return;
    }
    made.push(...(await answerAssigned(pool, batchId, script)).map((call) => `${call.completionId.replace(/.*\./, '')} ${call.key}`));
  }
  throw new Error('The batch does not end.');
}

const items = async (batchId: string) => (await pool.query<{ status: string; failure: { code: string } | null; output: unknown; validation_attempt: number }>('SELECT status, failure, output, validation_attempt FROM batch_items WHERE batch_id = $1 ORDER BY ordinal', [batchId])).rows;
const statuses = async (batchId: string) => (await items(batchId)).map(({ status }) => status);
const batchRow = async (batchId: string) => (await pool.query<{ status: string; reason: unknown; mode: string; next_mode: string | null; finished_at: Date | null }>('SELECT * FROM batches WHERE id = $1', [batchId])).rows[0];
const single = planOf('single', ['a']);
const say: Script = (call) => textOutcome(`${call.stage} ${call.model.model}`);

describe('verify and repair', () => {
  it('find everything in its place in a batch that is whole', async () => {
    const batchId = await createBatchRows(pool, { items: [{ plan: single }, { plan: single }, { plan: planOf('moa', ['a', 'b'], { chairmen: ['x'] }) }] });
    await goOn(batchId, (call) => (call.completionId.endsWith('.1') ? failureOutcome('bad_request') : say(call)));
    const whole = await integrity.verify(batchId);
    expect(whole).toMatchObject({ totals: { expected: 5, valid: 4, failed: 1, missing: 0, duplicated: 0, orphaned: 0 }, items: { expected: 3, succeeded: 2, failed: 1, canceled: 0, pending: 0, missing: 0 } });
    for (const job of whole!.jobs) expect(job.valid + job.failed + job.canceled + job.open + job.missing + job.waiting + job.moved).toBe(job.expected);
    expect(await integrity.repair(batchId)).toEqual({ reconciled: 0, calls: 0, items: 0 });
    expect(await integrity.verify('batch_none')).toBeNull();
  });

  it('name what is missing, duplicated and orphaned, and make what was missing and nothing else', async () => {
    const batchId = await createBatchRows(pool, { items: Array.from({ length: 5 }, () => ({ plan: single })) });
    await goOn(batchId, (call) => (call.completionId.endsWith('.4') ? failureOutcome('bad_request') : say(call)));
    await pool.query(`DELETE FROM calls WHERE completion_id = $1`, [`${batchId}.0`]);
    await pool.query(`UPDATE batch_calls SET status = 'assigned' WHERE item_id IN ($1, $2)`, [`${batchId}.1`, `${batchId}.2`]);
    await pool.query(`DELETE FROM calls WHERE completion_id = $1`, [`${batchId}.2`]);
    await pool.query(`UPDATE calls SET key = 'answer/9/9/9' WHERE completion_id = $1`, [`${batchId}.3`]);
    await pool.query('UPDATE provider_jobs SET duplicated_count = 2, orphaned_count = 1 WHERE batch_id = $1', [batchId]);
    expect(await integrity.verify(batchId)).toMatchObject({ totals: { expected: 5, valid: 1, failed: 1, missing: 3, duplicated: 2, orphaned: 2 }, items: { missing: 2 } });
    expect(await integrity.repair(batchId)).toEqual({ reconciled: 1, calls: 3, items: 3 });
    expect(await integrity.repair(batchId)).toEqual({ reconciled: 0, calls: 0, items: 0 });
    await pool.query(`DELETE FROM calls WHERE completion_id = $1`, [`${batchId}.3`]);
    made = [];
    expect(await batchRow(batchId)).toMatchObject({ status: 'submitting', finished_at: null });
    await goOn(batchId, say);
    expect(made.sort()).toEqual(['0 answer/0/0/0', '2 answer/0/0/0', '3 answer/0/0/0']);
    expect(await integrity.verify(batchId)).toMatchObject({ totals: { missing: 0 }, items: { succeeded: 4, failed: 1, missing: 0 } });
  });

  it('leave a canceled batch alone', async () => {
    const batchId = await createBatchRows(pool, { items: [{ plan: single }] });
    await goOn(batchId, () => failureOutcome('bad_request'));
    await pool.query(`UPDATE batches SET status = 'canceled', cancel_requested_at = now() WHERE id = $1`, [batchId]);
    await pool.query(`UPDATE batch_calls SET status = 'succeeded' WHERE batch_id = $1`, [batchId]);
    expect(await integrity.repair(batchId)).toEqual({ reconciled: 0, calls: 0, items: 0 });
    expect(await retryFailedItems(state, batchId)).toEqual({ items: 0 });
    expect(await statuses(batchId)).toEqual(['failed']);
  });
});

describe('retryFailedItems', () => {
  it('makes only failed calls anew, also those of a council, and pays nothing twice', async () => {
    const council = planOf('council', ['a', 'b', 'c'], { chairmen: ['x'], options: { quorum: { propose: 2, vote: 3 } } });
    const ballot = JSON.stringify({ critiques: [], ranking: ['Assistant 1', 'Assistant 2'] });
    let isDown = true;
    const script: Script = (call) => {
      if (call.stage === 'propose' && call.model.model === 'c') return failureOutcome('bad_request');
      if (isDown && (call.stage === 'answer' || (call.stage === 'review' && call.memberIndex > 0))) return failureOutcome('overloaded');
      return call.stage === 'review' ? textOutcome(ballot) : say(call);
    };
    const batchId = await createBatchRows(pool, { items: [{ plan: council }, { plan: single }] });
    await goOn(batchId, script);
    expect(await statuses(batchId)).toEqual(['failed', 'failed']);
    isDown = false;
    made = [];
    expect(await retryFailedItems(state, batchId)).toEqual({ items: 2 });
    expect(await batchRow(batchId)).toMatchObject({ status: 'submitting', finished_at: null });
    expect(await retryFailedItems(state, batchId)).toEqual({ items: 0 });
    await goOn(batchId, script);
    expect(made).toEqual(expect.arrayContaining(['0 review/0/1/0', '0 review/0/2/0', '0 chairman/0/0/0', '1 answer/0/0/0']));
    expect(made).toHaveLength(4);
    expect(await statuses(batchId)).toEqual(['succeeded', 'succeeded']);
    const { rows } = await pool.query<{ key: string; attempt: number }>(`SELECT key, attempt FROM calls WHERE group_id = $1 AND attempt > 1 ORDER BY id`, [batchId]);
    expect(rows.map(({ key }) => key).sort()).toEqual(['answer/0/0/0', 'review/0/1/0', 'review/0/2/0']);
  });

  it('asks an answer that was at fault itself again, with as many attempts as before', async () => {
    const batchId = await createBatchRows(pool, { options: { schema: { type: 'object' }, validationAttempts: 1 }, items: [{ plan: single }, { plan: single }] });
    await goOn(batchId, (call) => textOutcome(call.completionId.endsWith('.0') ? '' : 'prose'));
    expect((await items(batchId)).map(({ failure, validation_attempt: attempt }) => [failure?.code, attempt])).toEqual([['empty_answer', 0], ['invalid_answer', 1]]);
    made = [];
    await retryFailedItems(state, batchId);
    await goOn(batchId, (call) => textOutcome(call.key === 'answer/0/0/2' ? 'prose' : '{}'));
    expect(made.sort()).toEqual(['0 answer/0/0/1', '1 answer/0/0/2', '1 answer/0/0/3']);
    expect(await statuses(batchId)).toEqual(['succeeded', 'succeeded']);
  });
});

describe('revalidate', () => {
  it('judges stored answers of models and panels by a schema without a call, and may be taken back', async () => {
    const batchId = await createBatchRows(pool, { items: [{ plan: single }, { plan: planOf('moa', ['a'], { chairmen: ['x'] }) }, { plan: single }, { plan: single }] });
    await goOn(batchId, (call) => (call.completionId.endsWith('.2') ? failureOutcome('billing') : textOutcome(call.completionId.endsWith('.3') ? 'prose' : '```json\n{"n": "4"}\n```')));
    made = [];
    const strict = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } };
    expect(await integrity.revalidate(batchId, strict)).toEqual({ checked: 3, valid: 2, invalid: 1, changed: 1 });
    expect(await items(batchId)).toMatchObject([
      { status: 'succeeded', output: { valid: true, value: { n: 4 } } },
      { status: 'succeeded', output: { valid: true, value: { n: 4 } } },
      { status: 'failed', failure: { code: 'billing' } },
      { status: 'failed', failure: { code: 'invalid_answer' } },
    ]);
    expect(await integrity.revalidate(batchId, { type: 'object', required: ['m'] })).toEqual({ checked: 3, valid: 0, invalid: 3, changed: 2 });
    expect(await integrity.revalidate(batchId, strict)).toEqual({ checked: 3, valid: 2, invalid: 1, changed: 2 });
    expect(made).toEqual([]);
  });
});

describe('setBatchStatus', () => {
  it('sets status, reason and modes, and never leaves a final status', async () => {
    const setBatchStatus = createSetBatchStatus(state);
    const batchId = await createBatchRows(pool, { items: [{ plan: single }] });
    await setBatchStatus({ batchId, status: 'paused', reason: { code: 'user', message: 'Paused.' }, nextMode: 'realtime' });
    expect(await batchRow(batchId)).toMatchObject({ status: 'paused', reason: { code: 'user' }, mode: 'batch', next_mode: 'realtime', finished_at: null });
    await setBatchStatus({ batchId, status: 'running', reason: null });
    expect(await batchRow(batchId)).toMatchObject({ status: 'running', reason: null, next_mode: 'realtime' });
    await setBatchStatus({ batchId, status: 'running', reason: null, mode: 'realtime' });
    expect(await batchRow(batchId)).toMatchObject({ mode: 'realtime', next_mode: null });
    await setBatchStatus({ batchId, status: 'canceled', reason: null });
    await setBatchStatus({ batchId, status: 'running', reason: null, mode: 'batch' });
    expect(await batchRow(batchId)).toMatchObject({ status: 'canceled', mode: 'realtime' });
    await expect(setBatchStatus({ batchId, status: 'asleep', reason: null })).rejects.toThrow(/'asleep' is not a status/);
  });
});
