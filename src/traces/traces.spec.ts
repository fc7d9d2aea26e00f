import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { createDataSource } from '../database/data-source.js';
import { poolOf } from '../database/postgres-pool.js';
import { callPageSchema } from './call-response.js';
import { completionEventStream } from './completion-event-stream.js';
import { parseEventId } from './completion-events.js';
import { completionBody, completionSchema } from './completion-response.js';
import { exportCalls } from './export-calls.js';
import { metricsBody, metricsSchema } from './metrics-response.js';
import { MetricsStore } from './metrics.store.js';
import { completionFilter } from './trace-filters.dto.js';
import { traceBody, traceSchema } from './trace-response.js';
import { TracesStore } from './traces.store.js';

let database: TestDatabase;
let dataSource: DataSource;
let pool: pg.Pool;
let store: TracesStore;

const plan = { strategy: 'council', panel: null, members: [{ label: 'p/a' }], reviewers: [], chairmen: [], options: { seed: 1, jsonSchema: null } };
const estimate = { calls: 3, inputTokens: 3_000, outputTokens: 2_500, costNanoUsd: 5_000, costKnown: true };
const request = { messages: [{ role: 'system', content: 's' }, { role: 'user', content: [{ type: 'text', text: 'Why?' }] }], sampling: { temperature: 0 }, tools: [{ name: 'f', parameters: {} }] };
const decision = {
  choices: [{ text: 'Because.', toolCalls: [{ id: 'call_1', name: 'f', argumentsJson: '{}' }], finishReason: 'stop' }],
  source: 'synthesis', finalKeys: ['chairman/0/0/0'], actingModel: 'p/chair',
  candidates: [{ label: 'Assistant 1', key: 'propose/0/0/0', text: 'A', score: 1, rank: 0, eligible: true }],
  ballots: [{ reviewer: 'p/a', key: 'review/0/0/0', order: [0], ranking: [0] }],
  agreement: 0.5, statistics: { w: 0.5 }, degraded: false, missing: [], stageReached: 'chairman',
};

async function completion(id: string, facts: { caller?: string; status?: string; createdAt?: string; model?: string } = {}): Promise<void> {
  const status = facts.status ?? 'completed';
  await pool.query(
    `INSERT INTO completions (id, status, caller, body_hash, endpoint, model, strategy, plan, request, stream, usage_mode, simulated, created_at, deadline_at, finished_at, decision)
     VALUES ($1, $2, $3, 'hash', 'openai', $4, 'council', $5, $6, false, 'billing', true, $7, $7::timestamptz + interval '2 minutes', $8, $9)`,
    [id, status, facts.caller ?? 'key_a', facts.model ?? 'panel/x', plan, request, facts.createdAt ?? 'now', status === 'running' ? null : new Date(), status === 'completed' ? decision : null],
  );
}

async function call(completionId: string, key: string, facts: { model?: string; durationMs?: number; outcome?: string; cost?: number | null; provider?: string } = {}): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    `INSERT INTO calls (completion_id, key, stage, member_index, attempt, provider, model, request_hash, text, input_tokens, output_tokens, cost_nano_usd, started_at, ended_at, outcome, failure_code)
     VALUES ($1, $2, $3, 0, 1, $8, $4, 'hash', 'text', 10, 20, $5, now() - $6 * interval '1 millisecond', now(), $7::text, CASE WHEN $7::text = 'failed' THEN 'timeout' END) RETURNING id`,
    [completionId, key, key.slice(key.lastIndexOf(':') + 1).split('/')[0], facts.model ?? 'a', facts.cost === undefined ? 1_000 : facts.cost, facts.durationMs ?? 100, facts.outcome ?? 'succeeded', facts.provider ?? 'p'],
  );
  return rows[0]?.id ?? '';
}

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await createDataSource(database.url, 4).initialize();
  pool = poolOf(dataSource);
  store = new TracesStore(pool);
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

describe('lists of completions', () => {
  const filter = (query: Record<string, unknown>) => completionFilter.parse(query);

  beforeAll(async () => {
    await completion('list-1', { createdAt: '2026-01-01T00:00:00Z' });
    await completion('list-2', { createdAt: '2026-01-01T00:00:00Z', status: 'failed' });
    await completion('list-3', { createdAt: '2026-01-02T00:00:00Z', model: 'trio' });
    await completion('list-other', { createdAt: '2026-01-03T00:00:00Z', caller: 'key_b' });
    await call('list-1', 'propose/0/0/0');
    await call('list-1', 'propose/0/1/0', { outcome: 'failed', cost: null });
  });

  it("hold the caller's own, newest first, page by page", async () => {
    const first = await store.completions('key_a', filter({ limit: 2 }));
    expect(first.map((row) => row.id)).toEqual(['list-3', 'list-2']);
    const second = await store.completions('key_a', filter({ limit: 2, cursor: 'list-2' }));
    expect(second.map((row) => row.id)).toEqual(['list-1']);
    expect((await store.completions(null, filter({}))).map((row) => row.id)).toEqual(['list-other', 'list-3', 'list-2', 'list-1']);
  });

  it('filter by status, strategy and model', async () => {
    expect((await store.completions('key_a', filter({ status: 'failed' }))).map((row) => row.id)).toEqual(['list-2']);
    expect((await store.completions('key_a', filter({ model: 'trio', strategy: 'council' }))).map((row) => row.id)).toEqual(['list-3']);
    expect(await store.completions('key_a', filter({ strategy: 'moa' }))).toEqual([]);
  });

  it('take their sums from the ledger', async () => {
    const row = await store.completion('list-1', 'key_a');
    if (!row) throw new Error('expected a row');
    const body = completionBody(row);
    expect(body).toMatchObject({ calls: 2, failed_calls: 1, cost_usd: 0.000001, cost_known: false, usage: { input_tokens: 20, output_tokens: 40 }, agreement: 0.5 });
    expect(completionSchema.strict().parse(body)).toEqual(body);
    expect(await store.completion('list-1', 'key_b')).toBeNull();
  });

  it('show an unknown cost as unknown, never as zero', async () => {
    await completion('unpriced-1', { caller: 'key_u' });
    await call('unpriced-1', 'propose/0/0/0', { cost: null });
    const row = await store.completion('unpriced-1', 'key_u');
    if (!row) throw new Error('expected a row');
    const unknown = { cost_usd: null, cost_known: false };
    expect(completionBody(row)).toMatchObject(unknown);
    const trace = traceBody(row, await store.callsOf('unpriced-1', '0'), { estimate: { ...estimate, costNanoUsd: 0, costKnown: false }, uiUrl: null, namespace: 'default' });
    expect([trace.stages[0], trace.estimate]).toMatchObject([unknown, unknown]);
    const metrics = new MetricsStore(pool);
    const figures = metricsBody(60, { completions: await metrics.completions('key_u', 60), models: await metrics.models('key_u', 60), stages: [], failures: [] });
    expect([figures.calls, figures.models[0]]).toMatchObject([unknown, unknown]);
  });
});

describe('a trace', () => {
  it('tells request, stages, calls, ballots and decision, and fits its schema', async () => {
    await completion('trace-1');
    for (const [key, model] of [['propose/0/0/0', 'a'], ['propose/0/1/0', 'b'], ['review/0/0/0', 'a'], ['propose/0/2/0:review/0/0/0', 'n'], ['chairman/0/0/0', 'chair']] as const) await call('trace-1', key, { model });
    const row = await store.completion('trace-1', 'key_a');
    if (!row) throw new Error('expected a row');
    const body = traceBody(row, await store.callsOf('trace-1', '0'), { estimate, uiUrl: 'http://127.0.0.1:8233/', namespace: 'default' });
    expect(traceSchema.parse(JSON.parse(JSON.stringify(body)))).toEqual(JSON.parse(JSON.stringify(body)));
    expect(body.request).toEqual({ messages: 2, roles: { system: 1, user: 1 }, last_user_text: 'Why?', sampling: { temperature: 0 }, tools: ['f'], response_format: null });
    expect(body.stages.map((stage) => [stage.stage, stage.calls]).sort()).toEqual([['chairman', 1], ['propose', 2], ['propose/0/2/0:review', 1], ['review', 1]]);
    expect(body.calls).toHaveLength(5);
    expect(body.decision).toMatchObject({ agreement: 0.5, ballots: [{ reviewer: 'p/a', ranking: [0] }], choices: [{ tool_calls: [{ id: 'call_1', name: 'f', arguments: '{}' }] }] });
    expect(body.temporal.url).toBe('http://127.0.0.1:8233/namespaces/default/workflows/completion%2Ftrace-1');
  });
});

describe('events', () => {
  const read = async (lastEventId?: string): Promise<string[]> => {
    const frames: string[] = [];
    for await (const frame of completionEventStream({ store, completionId: 'events-1', caller: 'key_a', cursor: parseEventId(lastEventId), signal: new AbortController().signal })) frames.push(frame);
    return frames.filter((frame) => !frame.startsWith(':'));
  };
  const idOf = (frame: string | undefined): string => /^id: (.*)$/m.exec(frame ?? '')?.[1] ?? '';

  it('come as they happen, end with done, and resume where a reader left off', async () => {
    await completion('events-1', { status: 'running' });
    const first = await call('events-1', 'propose/0/0/0');
    const stream = completionEventStream({ store, completionId: 'events-1', caller: 'key_a', cursor: parseEventId(undefined), signal: new AbortController().signal });
    const seen: string[] = [];
    for await (const frame of stream) {
      if (frame.startsWith(':')) continue;
      seen.push(frame);
      if (seen.length === 1) await call('events-1', 'propose/0/1/0');
      if (seen.length === 2) await pool.query(`UPDATE completions SET status = 'completed', finished_at = now() WHERE id = 'events-1'`);
    }
    expect(seen.map((frame) => /^event: (.*)$/m.exec(frame)?.[1])).toEqual(['call', 'call', 'done']);
    expect(idOf(seen[0])).toBe(first);
    expect(await read()).toEqual(seen);
    expect(await read(first)).toEqual(seen.slice(1));
    expect(parseEventId(idOf(seen[2]))).toEqual({ afterId: idOf(seen[1]), isOver: true });
  });

  it('end when the reader is gone', async () => {
    await completion('events-2', { status: 'running' });
    const gone = new AbortController();
    const stream = completionEventStream({ store, completionId: 'events-2', caller: 'key_a', cursor: parseEventId('nonsense'), signal: gone.signal });
    await stream.next();
    gone.abort();
    expect(await stream.next()).toMatchObject({ done: true });
  });
});

describe('calls', () => {
  it('page by their id, newest first, of one completion or of all', async () => {
    await completion('calls-1', { caller: 'key_c' });
    const ids = [await call('calls-1', 'propose/0/0/0', { provider: 'x' }), await call('calls-1', 'propose/0/1/0'), await call('calls-1', 'review/0/0/0', { outcome: 'failed' })];
    expect((await store.calls('key_c', {}, { before: null, limit: 2 })).map((row) => row.id)).toEqual([ids[2], ids[1]]);
    expect((await store.calls('key_c', {}, { before: ids[1] ?? null, limit: 2 })).map((row) => row.id)).toEqual([ids[0]]);
    expect((await store.calls('key_c', { provider: 'x', stage: 'propose', outcome: 'succeeded', model: 'a', completion_id: 'calls-1' }, { before: null, limit: 5 })).map((row) => row.id)).toEqual([ids[0]]);
    expect(await store.calls('key_c', { since: '2100-01-01T00:00:00Z' }, { before: null, limit: 5 })).toEqual([]);
    expect(await store.calls('key_nobody', {}, { before: null, limit: 5 })).toEqual([]);
  });

  it('are exported as one JSON line each, oldest first, in pages', async () => {
    const lines: string[] = [];
    for await (const row of store.everyCall('key_c', {}, 2)) lines.push(row.key);
    expect(lines).toEqual(['propose/0/0/0', 'propose/0/1/0', 'review/0/0/0']);
    const exported: string[] = [];
    for await (const line of exportCalls(store, null, { completion_id: 'calls-1' })) exported.push(line);
    expect(exported.map((line) => (JSON.parse(line) as { key: string; text: string }).key)).toEqual(lines);
    expect(exported.every((line) => line.endsWith('}\n'))).toBe(true);
    expect(callPageSchema.shape.data.safeParse(exported.map((line): unknown => JSON.parse(line))).success).toBe(true);
  });
});

describe('metrics', () => {
  it('name calls, errors, cost and latency by model, and who ended each stage last', async () => {
    for (const id of ['metrics-1', 'metrics-2']) {
      await completion(id, { caller: 'key_m' });
      await call(id, 'propose/0/0/0', { model: 'quick', durationMs: 100 });
      await call(id, 'propose/0/1/0', { model: 'slow', durationMs: 900, cost: null });
    }
    await call('metrics-2', 'review/0/0/0', { model: 'quick', outcome: 'failed', cost: null });
    const metrics = new MetricsStore(pool);
    const body = metricsBody(60, {
      completions: await metrics.completions('key_m', 60),
      models: await metrics.models('key_m', 60),
      stages: await metrics.stages('key_m', 60),
      failures: await metrics.failures('key_m', 60),
    });
    expect(metricsSchema.parse(body)).toEqual(body);
    expect(body.completions).toMatchObject({ total: 2, completed: 2, error_rate: 0 });
    expect(body.calls).toMatchObject({ calls: 5, failed: 1, error_rate: 0.2, cost_known: false, cost_usd: 0.000002 });
    expect(body.models.find((entry) => entry.model === 'slow')).toMatchObject({ calls: 2, failed: 0, cost_known: false, latency_ms: { p50: 900, p95: 900 } });
    expect(body.models.find((entry) => entry.model === 'quick')).toMatchObject({ calls: 3, failed: 1, error_rate: 0.3333, cost_known: false });
    expect(body.stages.find((entry) => entry.stage === 'propose')?.bottleneck).toMatchObject({ model: 'slow', share: 1 });
    expect(body.failures).toEqual([{ code: 'timeout', provider: 'p', model: 'quick', calls: 1 }]);
  });

  it('are empty where nothing happened', async () => {
    const metrics = new MetricsStore(pool);
    const body = metricsBody(1, { completions: await metrics.completions('nobody', 1), models: await metrics.models('nobody', 1), stages: [], failures: [] });
    expect(body.calls).toMatchObject({ calls: 0, error_rate: 0, cost_known: true });
    expect(metricsSchema.parse(body)).toEqual(body);
  });
});
