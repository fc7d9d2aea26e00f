import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import type { CompletionOutcome } from '../../domain/chat/decision.js';
import { createDataSource } from '../database/data-source.js';
import { poolOf } from '../database/postgres-pool.js';
import { RecordCompletionStore } from './record-completion.store.js';

let database: TestDatabase;
let dataSource: DataSource;
let pool: pg.Pool;
let store: RecordCompletionStore;

const decided: CompletionOutcome = {
  ok: true,
  decision: {
    choices: [{ text: 'Yes.', toolCalls: [], finishReason: 'stop' }],
    source: 'single', finalKeys: ['answer/0/0/0'], actingModel: 'p/a', candidates: [], ballots: [], agreement: null, statistics: {}, degraded: false, missing: [], stageReached: 'answer',
  },
};
const canceled: CompletionOutcome = { ok: false, failure: { code: 'canceled', message: 'The completion was canceled.', missing: [], stageReached: null } };

async function completion(id: string): Promise<void> {
  await pool.query(
    `INSERT INTO completions (id, status, caller, body_hash, endpoint, model, strategy, plan, request, stream, usage_mode, simulated, deadline_at)
     VALUES ($1, 'running', 'anonymous', 'hash', 'openai', 'p/a', 'single', '{}', '{}', false, 'billing', true, now())`,
    [id],
  );
}

async function call(completionId: string, facts: { key?: string; outcome: string; failureCode?: string; cost?: number | null }): Promise<void> {
  await pool.query(
    `INSERT INTO calls (completion_id, key, stage, member_index, attempt, provider, model, request_hash, input_tokens, output_tokens, cost_nano_usd, started_at, ended_at, outcome, failure_code)
     VALUES ($1, $2, 'answer', 0, 1, 'p', 'a', 'hash', 10, 20, $3, now(), now(), $4, $5)`,
    [completionId, facts.key ?? 'answer/0/0/0', facts.cost ?? null, facts.outcome, facts.failureCode ?? null],
  );
}

async function costOf(id: string): Promise<{ status: string; cost: string; known: boolean }> {
  const { rows } = await pool.query<{ status: string; cost: string; known: boolean }>('SELECT status, cost_nano_usd AS cost, cost_known AS known FROM completions WHERE id = $1', [id]);
  if (!rows[0]) throw new Error(`no completion ${id}`);
  return rows[0];
}

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await createDataSource(database.url, 2).initialize();
  pool = poolOf(dataSource);
  store = new RecordCompletionStore(pool);
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

describe('RecordCompletionStore', () => {
  it('sums what answers cost, and counts a refusal as free', async () => {
    await completion('sums');
    await call('sums', { outcome: 'failed', failureCode: 'rate_limit' });
    await call('sums', { outcome: 'succeeded', cost: 1_000 });
    expect(await store.finish('sums', decided)).toBe(2);
    expect(await costOf('sums')).toEqual({ status: 'completed', cost: '1000', known: true });
  });

  it.each([
    ['a call timed out', { outcome: 'failed', failureCode: 'timeout' }, 0],
    ['a call was cut off by a cancellation', { outcome: 'canceled', failureCode: 'canceled' }, 0],
    ['a call is still under way', { outcome: 'failed', failureCode: 'rate_limit' }, 1],
  ])('does not know the cost where %s: its provider may charge for it', async (title, other, callsUnderWay) => {
    await completion(title);
    await call(title, { key: 'answer/0/0/1', ...other });
    await call(title, { outcome: 'succeeded', cost: 1_000 });
    await store.finish(title, decided, callsUnderWay);
    expect(await costOf(title)).toEqual({ status: 'completed', cost: '1000', known: false });
  });

  it('leaves a finished completion as it is', async () => {
    await completion('finished');
    await store.finish('finished', canceled, 1);
    await call('finished', { outcome: 'succeeded', cost: 1_000 });
    await store.finish('finished', decided);
    expect(await costOf('finished')).toEqual({ status: 'canceled', cost: '0', known: false });
  });

  it('tells that there is no such completion', async () => {
    expect(await store.finish('none', decided)).toBeNull();
  });
});
