import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import { createPostgresPool } from '../database/postgres-pool.js';
import { createCompletionId } from './completion-id.js';
import { CompletionsStore, type NewCompletion } from './completions.store.js';

let database: TestDatabase;
let pool: pg.Pool;
let store: CompletionsStore;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPostgresPool({ databaseUrl: database.url, size: 2, name: 'spec' });
  store = new CompletionsStore(pool);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

// Only its strategy and panel are columns; the rest is stored as it is.
const plan = { strategy: 'council', panel: { name: 'fast', version: 2 }, members: [], reviewers: [], chairmen: [] } as unknown as StrategyPlan;
const minuteMs = 60_000;

async function created(change: Partial<NewCompletion> = {}): Promise<NewCompletion & { isNew: boolean }> {
  const completion: NewCompletion = {
    id: createCompletionId('openai', 'x'),
    caller: 'key_a',
    idempotencyKey: null,
    bodyHash: 'hash',
    endpoint: 'openai',
    model: 'x',
    plan,
    request: { messages: [{ role: 'user', content: 'half a pair: \ud83d' }], sampling: {} },
    stream: false,
    usageMode: 'billing',
    simulated: false,
    createdAt: new Date(),
    deadlineAt: new Date(Date.now() + 2 * minuteMs),
    ...change,
  };
  return { ...completion, isNew: await store.create(completion) };
}
const finish = (id: string, status: string) => pool.query('UPDATE completions SET status = $2 WHERE id = $1', [id, status]);

describe('CompletionsStore', () => {
  it('takes an idempotency key once per caller', async () => {
    const first = await created({ idempotencyKey: 'once' });
    const second = await created({ idempotencyKey: 'once' });
    const other = await created({ idempotencyKey: 'once', caller: 'key_b' });
    expect([first.isNew, second.isNew, other.isNew]).toEqual([true, false, true]);
    expect(await store.findByKey('key_a', 'once')).toMatchObject({ id: first.id, status: 'running', bodyHash: 'hash', plan: { strategy: 'council' }, deadlineAt: first.deadlineAt });
  });

  it('finds what a request repeats: the newest that runs or is young, never one that was canceled', async () => {
    const old = await created({ bodyHash: 'repeated', createdAt: new Date(Date.now() - 20 * minuteMs) });
    const find = async () => (await store.findRepeated('key_a', 'repeated', 15 * minuteMs))?.id;
    expect(await find()).toBe(old.id);
    await finish(old.id, 'completed');
    expect(await find()).toBeUndefined();
    const young = await created({ bodyHash: 'repeated', createdAt: new Date(Date.now() - minuteMs) });
    await finish(young.id, 'completed');
    const canceled = await created({ bodyHash: 'repeated' });
    await finish(canceled.id, 'canceled');
    expect(await find()).toBe(young.id);
    expect(await store.findRepeated('key_b', 'repeated', 15 * minuteMs)).toBeNull();
  });

  it('reads a record for its caller, with sums as numbers', async () => {
    const { id, createdAt } = await created();
    expect(await store.read(id, 'key_a')).toMatchObject({ id, status: 'running', panel: 'fast@2', createdAt, inputTokens: 0, costNanoUsd: 0, costKnown: true, decision: null });
    expect(await store.read(id, 'key_b')).toBeNull();
    expect(await store.read(id)).not.toBeNull();
  });

  it('tells which completions ended, and which still run', async () => {
    const [ended, running] = [await created(), await created()];
    await finish(ended.id, 'failed');
    expect(await store.finishedAmong([ended.id, running.id, 'chatcmpl-none'])).toEqual([ended.id]);
    const ids = (await store.running(new Date(0), 0, 1_000)).map(({ id }) => id);
    expect(ids).toContain(running.id);
    expect(ids).not.toContain(ended.id);
    expect(await store.running(new Date(0), minuteMs / 2, 1_000)).not.toContainEqual(expect.objectContaining({ id: running.id }));
  });

  it('gives streamed text of one attempt from an offset on, counted in UTF-16 code units', async () => {
    const { id } = await created();
    for (const [attempt, offset, text] of [[1, 0, 'old'], [2, 0, '🦊🦊'], [2, 4, 'bc']] as const) {
      await pool.query('INSERT INTO stream_chunks VALUES ($1, $2, $3, $4)', [id, attempt, offset, text]);
    }
    expect(await store.streamedText(id, null, 0)).toEqual([{ attempt: 2, offset: 0, text: '🦊🦊' }, { attempt: 2, offset: 4, text: 'bc' }]);
    expect((await store.streamedText(id, 2, 3)).map(({ offset }) => offset)).toEqual([0, 4]);
    expect(await store.streamedText(id, 1, 0)).toEqual([{ attempt: 1, offset: 0, text: 'old' }]);
  });

  it('knows who handed out a tool call, by caller', async () => {
    const { id } = await created();
    await pool.query('INSERT INTO tool_call_owners VALUES ($1, $2, $3, $4)', ['call_1', 'key_a', id, 'openai/gpt-4o']);
    expect(await store.toolCallOwners('key_a', ['call_1', 'call_2'])).toEqual([{ toolCallId: 'call_1', actingModel: 'openai/gpt-4o', decision: null }]);
    expect(await store.toolCallOwners('key_b', ['call_1'])).toEqual([]);
  });
});
