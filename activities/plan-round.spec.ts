import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { CallModelInput, CallOutcome } from '../domain/chat/call.js';
import type { Decision } from '../domain/chat/decision.js';
import type { MemberPlan, StrategyPlan } from '../domain/chat/plan.js';
import type { CallFailure } from '../domain/failures/failure-code.js';
import { BatchPlanningStore } from '../src/batches/batch-planning.store.js';
import { BudgetsStore } from '../src/budgets/budgets.store.js';
import { createPostgresPool } from '../src/database/postgres-pool.js';
import type { Statement } from '../src/database/sql.js';
import type { BatchProvider } from '../src/providers/batch-provider.js';
import type { Provider, ProviderRequest } from '../src/providers/provider.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import { answerAssigned, createBatchRows } from '../test/support/batch-rows.js';
import { createTestDatabase, type TestDatabase } from '../test/support/database.js';
import { failureOutcome, planOf, runScriptedPanel, textOutcome } from '../workflows/consensus/scripted-context.js';
import type { RoundPlan } from './batch-activities.js';
import type { PlanningParts } from './assign-calls.js';
import { planRound } from './plan-round.js';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPostgresPool({ databaseUrl: database.url, size: 12, name: 'planning spec' });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const price = { inputNanoUsdPerMillion: 1_000_000_000, outputNanoUsdPerMillion: 2_000_000_000, cachedInputNanoUsdPerMillion: null, source: 'spec', date: '2026-11-21' };
const endpoint = '/v1/chat/completions';

/** A provider that renders as OpenAI's form does; model `unsendable` can't be rendered. Nothing else is asked of it by planning. */
function providerNamed(name: string, limits: BatchProvider['limits'] | null): Provider {
  const never = () => {
    throw new Error('Planning sends nothing.');
  };
  const render = async (request: ProviderRequest) => {
    if (request.model === 'unsendable') throw new ProviderFailure({ code: 'bad_request', provider: name, model: request.model, message: 'It takes no such part.', httpStatus: 400 });
    return { endpoint: request.model === 'responder' ? '/v1/responses' : endpoint, body: { model: request.model, messages: request.messages, max_tokens: request.sampling.maxOutputTokens }, droppedParameters: [] };
  };
  // The methods that planning never calls share one body.
  const batch: BatchProvider | null = limits && { limits, render, upload: never, create: never, find: never, confirms: never, status: never, results: never, cancel: never };
  return { name, batch, generate: never, listModels: never };
}

function partsOn(sql: pg.Pool, changes: Partial<PlanningParts> & { limits?: BatchProvider['limits'] } = {}): PlanningParts {
  const { limits = { lines: 1_000, bytes: 1_000_000, oneModel: true }, ...rest } = changes;
  return {
    planning: new BatchPlanningStore(sql),
    provider: (name) => providerNamed(name, name === 'live' ? null : limits),
    price: () => price,
    outputLimit: () => 500,
    contextLimit: () => null, batchSupport: () => null,
    jobTokenLimit: () => null,
    acceptsImages: () => true,
    ...rest,
  };
}

const named = (provider: string, model: string): MemberPlan => ({ kind: 'model', label: `${provider}/${model}`, model: { provider, model } });
const plain = (model = 'a', provider = 'test'): StrategyPlan => ({ ...planOf('single', ['a']), members: [named(provider, model)] });
async function rowsOf<Row extends pg.QueryResultRow>(text: string, batchId: string): Promise<Row[]> {
  return (await pool.query<Row>(text, [batchId])).rows;
}
interface JobRow {
  id: string;
  model: string;
  endpoint: string;
  line_count: number;
  byte_count: string;
  assigned: number;
}
const jobsOf = (batchId: string) => rowsOf<JobRow>('SELECT job.*, (SELECT count(*)::integer FROM batch_calls WHERE job_id = job.id) AS assigned FROM provider_jobs AS job WHERE batch_id = $1 ORDER BY created_at, id', batchId);
interface ItemRow {
  status: string;
  decision: Decision | null;
  output: unknown;
  failure: CallFailure | null;
}
const itemsOf = (batchId: string) => rowsOf<ItemRow>('SELECT * FROM batch_items WHERE batch_id = $1 ORDER BY ordinal', batchId);
interface CallRow {
  id: string;
  item_id: string;
  key: string;
  status: string;
  attempt: number;
  job_id: string | null;
  reserved_nano_usd: string | null;
}
const callsOf = (batchId: string) => rowsOf<CallRow>('SELECT * FROM batch_calls WHERE batch_id = $1 ORDER BY id', batchId);
const ordinalOf = (call: CallModelInput) => call.completionId.replace(/.*\./, '');

/** Round after round until nothing is pending. */
async function carryOut(parts: PlanningParts, batchId: string, script: (call: CallModelInput) => CallOutcome): Promise<{ rounds: number; calls: CallModelInput[] }> {
  const calls: CallModelInput[] = [];
  for (let round = 0; round < 30; round += 1) {
    const plan = await planRound(parts, { batchId, round });
    if (plan.pending === 0) return { rounds: round, calls };
    expect(plan.jobs.length).toBeGreaterThan(0);
    calls.push(...(await answerAssigned(pool, batchId, script)));
  }
  throw new Error('The batch does not end.');
}

const script = (call: CallModelInput): CallOutcome => {
  if (call.stage === 'review') return textOutcome(JSON.stringify({ critiques: [], ranking: ['Assistant 1', 'Assistant 2', 'Assistant 3'] }));
  return textOutcome(`${call.stage} of ${call.model.model}`);
};

describe('planRound', () => {
  it('makes one job of plain items, and succeeds them by their recorded answers', async () => {
    const batchId = await createBatchRows(pool, { items: Array.from({ length: 5 }, () => ({ plan: plain() })) });
    const plan = await planRound(partsOn(pool), { batchId, round: 0 });
    expect(plan).toMatchObject({ jobs: [{ provider: 'test', model: 'a', mode: 'batch', lines: 5 }], pending: 5, waiting: 0, heldBy: null });
    expect(await jobsOf(batchId)).toMatchObject([{ endpoint, line_count: 5, assigned: 5, round: 0 }]);
    expect((await planRound(partsOn(pool), { batchId, round: 0 })).jobs).toEqual(plan.jobs);
    await answerAssigned(pool, batchId, script);
    expect(await planRound(partsOn(pool), { batchId, round: 1 })).toMatchObject({ jobs: [], pending: 0, waiting: 0 });
    const items = await itemsOf(batchId);
    expect(items.map(({ status, decision, output, failure }) => ({ status, decision, output, failure }))).toEqual(new Array(5).fill({ status: 'succeeded', decision: null, output: null, failure: null }));
  });

  it('carries councils stage by stage, members without a batch interface by realtime, and decides as realtime does', async () => {
    const council: StrategyPlan = { ...planOf('council', ['a', 'b', 'c'], { chairmen: ['x'] }), members: [named('test', 'a'), named('other', 'b'), named('live', 'c')] };
    const batchId = await createBatchRows(pool, { items: [{ plan: council, seed: 11 }, { plan: council, seed: 12 }, { plan: plain() }] });
    const first = await planRound(partsOn(pool), { batchId, round: 0 });
    expect(first.jobs.map(({ provider, mode, lines }) => [provider, mode, lines])).toEqual([['test', 'batch', 3], ['other', 'batch', 2], ['live', 'realtime', 2]]);
    const { rounds } = await carryOut(partsOn(pool), batchId, script);
    expect(rounds).toBe(3);
    const items = await itemsOf(batchId);
    const realtime = await runScriptedPanel({ ...council, options: { ...council.options, seed: 12 } }, script);
    expect(realtime.outcome.ok && items[1]!.decision).toEqual(realtime.outcome.ok && JSON.parse(JSON.stringify(realtime.outcome.decision)));
    expect(items.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  });

  it('splits by model, endpoint, lines, bytes and tokens, each call in one job', async () => {
    const items = [...Array.from({ length: 7 }, () => ({ plan: plain('a') })), ...Array.from({ length: 2 }, () => ({ plan: plain('responder') }))];
    const byLines = await createBatchRows(pool, { items });
    await planRound(partsOn(pool, { limits: { lines: 3, bytes: 1_000_000, oneModel: true } }), { batchId: byLines, round: 0 });
    const jobs = await jobsOf(byLines);
    expect(jobs.map((job) => [job.model, job.endpoint, job.line_count]).sort()).toEqual([['a', endpoint, 1], ['a', endpoint, 3], ['a', endpoint, 3], ['responder', '/v1/responses', 2]]);
    expect(jobs.every((job) => job.line_count === job.assigned)).toBe(true);
    const byBytes = await createBatchRows(pool, { items: items.slice(0, 7) });
    const one = Number(jobs.find((job) => job.line_count === 1)!.byte_count);
    await planRound(partsOn(pool, { limits: { lines: 99, bytes: 2 * one + 10, oneModel: true } }), { batchId: byBytes, round: 0 });
    expect((await jobsOf(byBytes)).map((job) => job.line_count).sort()).toEqual([1, 2, 2, 2]);
    const byTokens = await createBatchRows(pool, { items: items.slice(0, 7) });
    await planRound(partsOn(pool, { jobTokenLimit: () => 1 }), { batchId: byTokens, round: 0 });
    expect((await jobsOf(byTokens)).map((job) => job.line_count)).toEqual(new Array(7).fill(1));
  });

  it('halves a job that its provider refused for the tokens in its queue, which as it is would be refused for ever', async () => {
    const long = { messages: [{ role: 'user' as const, content: 'x'.repeat(60_000) }] };
    const batchId = await createBatchRows(pool, { items: Array.from({ length: 4 }, () => ({ plan: plain(), request: long })) });
    const refuse = async (): Promise<void> => {
      await pool.query(`UPDATE provider_jobs SET status = 'failed', reason = '{"code": "rate_limit", "message": "Enqueued token limit reached"}' WHERE batch_id = $1`, [batchId]);
      await pool.query(`UPDATE batch_calls SET status = 'waiting' WHERE batch_id = $1`, [batchId]);
    };
    const sizes: number[][] = [];
    for (let round = 0; round < 4; round += 1) {
      sizes.push((await planRound(partsOn(pool), { batchId, round })).jobs.map(({ lines }) => lines));
      await refuse();
    }
    expect(sizes).toEqual([[4], [2, 2], [1, 1, 1, 1], [1, 1, 1, 1]]);
  });

  it('goes by realtime calls, in chunks, where the batch, the registry or the call says so', async () => {
    const realtime = await createBatchRows(pool, { mode: 'realtime', items: Array.from({ length: 450 }, () => ({ plan: plain() })) });
    expect((await planRound(partsOn(pool), { batchId: realtime, round: 0 })).jobs.map(({ mode, lines }) => [mode, lines])).toEqual(expect.arrayContaining([['realtime', 200], ['realtime', 200], ['realtime', 50]]));
    const unsupported = await createBatchRows(pool, { items: [{ plan: plain('a') }, { plan: plain('b') }] });
    const plan = await planRound(partsOn(pool, { batchSupport: (_provider, model) => model === 'a' }), { batchId: unsupported, round: 0 });
    expect(plan.jobs.map(({ model, mode }) => [model, mode]).sort()).toEqual([['a', 'batch'], ['b', 'realtime']]);
    await pool.query(`UPDATE batch_calls SET status = 'waiting', job_id = NULL, realtime_only = model = 'a' WHERE batch_id = $1`, [unsupported]);
    await pool.query(`UPDATE provider_jobs SET status = 'canceled' WHERE batch_id = $1`, [unsupported]);
    expect((await planRound(partsOn(pool), { batchId: unsupported, round: 1 })).jobs.map(({ model, mode }) => [model, mode]).sort()).toEqual([['a', 'realtime'], ['b', 'batch']]);
  });

  it('keeps a round small: what has no room waits for the next', async () => {
    const batchId = await createBatchRows(pool, { items: Array.from({ length: 103 }, () => ({ plan: plain() })) });
    const one = { limits: { lines: 1, bytes: 1_000_000, oneModel: true } };
    const plan = await planRound(partsOn(pool, one), { batchId, round: 0 });
    expect([plan.jobs.length, plan.waiting, plan.pending]).toEqual([100, 3, 103]);
    expect((await planRound(partsOn(pool, one), { batchId, round: 0 })).jobs).toHaveLength(100);
    await answerAssigned(pool, batchId, script);
    expect(await planRound(partsOn(pool, one), { batchId, round: 1 })).toMatchObject({ waiting: 0, pending: 3 });
  });

  it('fails a call that can not be sent, and goes on with its item as realtime would', async () => {
    const vote = { ...planOf('council', ['a', 'b', 'c'], { chairmen: ['x'] }), members: [named('test', 'a'), named('test', 'b'), named('test', 'unsendable')] };
    const batchId = await createBatchRows(pool, { items: [{ plan: plain('unsendable') }, { plan: vote }, { plan: plain('unsendable', 'nobody') }] });
    const unknown = (name: string) => {
      if (name === 'nobody') throw new Error("Provider 'nobody' is not configured.");
      return providerNamed(name, { lines: 9, bytes: 9_999, oneModel: true });
    };
    const plan = await planRound(partsOn(pool, { provider: unknown }), { batchId, round: 0 });
    expect(plan.pending).toBe(2);
    expect((await itemsOf(batchId))[0]).toMatchObject({ status: 'failed', failure: { code: 'bad_request', httpStatus: 400, message: 'It takes no such part.' } });
    expect(plan.jobs.find((job) => job.provider === 'nobody')?.mode).toBe('realtime');
    const tiny = await createBatchRows(pool, { items: [{ plan: plain('a') }, { plan: plain('a'), request: { messages: [{ role: 'user', content: 'x'.repeat(5_000) }] } }] });
    const tinyPlan = await planRound(partsOn(pool, { limits: { lines: 9, bytes: 2_000, oneModel: true } }), { batchId: tiny, round: 0 });
    expect(tinyPlan).toMatchObject({ pending: 1, jobs: [{ lines: 1 }] });
    expect((await itemsOf(tiny))[1]!.failure?.message).toContain('2000 for a whole batch');
  });

  it('asks an answer that misses the schema again by itself, counts it as a retry, and reports where it misses', async () => {
    const options = { schema: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } }, validationAttempts: 2 };
    const batchId = await createBatchRows(pool, { options, items: [{ plan: plain() }, { plan: plain(), request: { sampling: { seed: 3, maxOutputTokens: 5 } } }, { plan: plain() }] });
    const answers: Record<string, string> = { '0 answer/0/0/0': '```json\n{"n": "5"}\n```', '1 answer/0/0/0': 'none', '1 answer/0/0/1': '{"n": 6}' };
    const { rounds, calls } = await carryOut(partsOn(pool), batchId, (call) => textOutcome(answers[`${ordinalOf(call)} ${call.key}`] ?? 'still none'));
    expect(rounds).toBe(3);
    expect(calls.map((call) => `${ordinalOf(call)} ${call.key}`)).toEqual(['0 answer/0/0/0', '1 answer/0/0/0', '2 answer/0/0/0', '1 answer/0/0/1', '2 answer/0/0/1', '2 answer/0/0/2']);
    expect(calls[3]!.samplingOverride?.seed).not.toBe(3);
    expect(calls[4]!.samplingOverride).toBeUndefined();
    const items = await itemsOf(batchId);
    expect(items).toMatchObject([
      { status: 'succeeded', output: { valid: true, value: { n: 5 } } },
      { status: 'succeeded', output: { valid: true, value: { n: 6 } }, validation_attempt: 1 },
      { status: 'failed', output: { valid: false }, failure: { code: 'invalid_answer' }, validation_attempt: 2 },
    ]);
    expect((await callsOf(batchId)).map(({ attempt }) => attempt)).toEqual([1, 1, 1, 2, 2, 2]);
  });

  it('tells a plain item its own failure and a panel who was missing', async () => {
    const batchId = await createBatchRows(pool, { items: [{ plan: plain() }, { plan: planOf('rank', ['a', 'b']) }] });
    await carryOut(partsOn(pool), batchId, () => failureOutcome('overloaded', 'busy'));
    expect((await itemsOf(batchId)).map(({ status, failure }) => [status, failure?.code, failure?.message])).toMatchObject([
      ['failed', 'overloaded', 'busy'],
      ['failed', 'server_error', expect.stringContaining('Quorum not reached')],
    ]);
  });

  it('heals a call that is said to have succeeded and has no answer', async () => {
    const batchId = await createBatchRows(pool, { items: [{ plan: plain() }] });
    await planRound(partsOn(pool), { batchId, round: 0 });
    await pool.query(`UPDATE batch_calls SET status = 'succeeded' WHERE batch_id = $1`, [batchId]);
    await pool.query(`UPDATE provider_jobs SET status = 'collected' WHERE batch_id = $1`, [batchId]);
    expect((await planRound(partsOn(pool), { batchId, round: 1 })).jobs).toHaveLength(1);
  });

  it('plans nothing new once the batch is to be canceled', async () => {
    const batchId = await createBatchRows(pool, { items: [{ plan: plain() }] });
    await pool.query('UPDATE batches SET cancel_requested_at = now() WHERE id = $1', [batchId]);
    expect(await planRound(partsOn(pool), { batchId, round: 0 })).toMatchObject({ jobs: [], pending: 1, waiting: 0 });
    const planning = new BatchPlanningStore(pool);
    await pool.query(`INSERT INTO batch_calls (batch_id, item_id, key, provider, model, input, status) VALUES ($1, $1 || '.0', 'k', 'test', 'a', '{}', 'waiting')`, [batchId]);
    const [call] = await callsOf(batchId);
    const line = { id: call!.id, bytes: 1, inputTokens: 1, outputTokens: 1, costNanoUsd: 1 };
    expect(await planning.writeJob({ batchId, round: 0, mode: 'batch', provider: 'test', model: 'a', endpoint, price: null, lines: [line] }, null)).toEqual({ jobId: null, planned: 0, heldBy: null });
  });
});

describe('a crash of planRound', () => {
  /** A pool whose `dieAt`th statement ends the connection instead, as the death of the process would. */
  function dyingPool(dieAt: number): pg.Pool {
    let count = 0;
    const survive = () => {
      count += 1;
      if (count >= dieAt) throw new Error('died');
    };
    const dying: Pick<pg.Pool, 'connect'> & { query(statement: Statement): Promise<unknown> } = {
      query: async (statement) => {
        survive();
        return pool.query(statement);
      },
      connect: async () => {
        const client = await pool.connect();
        const query = async (statement: Statement | string): Promise<unknown> => {
          // Nobody sends a rollback for a dead process: the server does it.
          if (statement !== 'ROLLBACK') survive();
          return client.query(statement);
        };
        return { query, on: () => undefined, off: () => undefined, release: () => client.release() } as unknown as pg.PoolClient;
      },
    };
    return dying as unknown as pg.Pool;
  }

  it('at any statement neither loses nor doubles a call, a job or a reservation', async () => {
    const moa = { ...planOf('moa', ['a', 'c'], { chairmen: ['x'] }), members: [named('test', 'a'), named('live', 'c')] };
    const items = [{ plan: moa }, { plan: plain('unsendable') }, { plan: plain('a') }];
    const limits = { lines: 1, bytes: 1_000_000, oneModel: true };
    let dieAt = 1;
    while (await diesAndIsCarriedOut(dieAt, items, limits)) dieAt += 1;
    expect(dieAt).toBeGreaterThan(60);
  }, 120_000);

  /** Carries a batch out with a death at the `dieAt`th statement and looks at every row after each round; false: it ended before. */
  async function diesAndIsCarriedOut(dieAt: number, items: { plan: StrategyPlan }[], limits: BatchProvider['limits']): Promise<boolean> {
    const budgetId = `crash ${dieAt}`;
    const budgets = new BudgetsStore(pool);
    await budgets.create(budgetId, { nanoUsd: 1_000_000_000, tokens: null });
    const batchId = await createBatchRows(pool, { items, budgetId });
    const dying = dyingPool(dieAt);
    for (let round = 0, hasDied = false; ; round += 1) {
      const plan: RoundPlan | null = await planRound(partsOn(hasDied ? pool : dying, { limits }), { batchId, round }).catch((error: unknown) => {
        expect(String(error)).toContain('died');
        return null;
      });
      hasDied ||= plan === null;
      if (!plan) continue;
      const calls = await callsOf(batchId);
      const jobs = await jobsOf(batchId);
      expect(jobs.every((job) => job.line_count === 1 && job.assigned === 1)).toBe(true);
      expect(calls.every((call) => call.status !== 'waiting' && (call.status === 'failed' || call.job_id !== null) && call.attempt <= 1)).toBe(true);
      expect((await budgets.read(budgetId))!.reserved.nanoUsd).toBe(calls.reduce((sum, call) => sum + Number(call.reserved_nano_usd ?? 0), 0));
      if (plan.pending > 0) {
        await answerAssigned(pool, batchId, script);
        continue;
      }
      expect((await itemsOf(batchId)).map(({ status }) => status)).toEqual(['succeeded', 'failed', 'succeeded']);
      expect(calls.map(({ item_id: itemId, key }) => [itemId.replace(/.*\./, ''), key].join(' ')).sort()).toEqual(['0 aggregate/0/0/0', '0 propose/0/0/0', '0 propose/0/1/0', '1 answer/0/0/0', '2 answer/0/0/0']);
      return hasDied;
    }
  }

  it('and two at the same time plan every call once', async () => {
    const batchId = await createBatchRows(pool, { items: Array.from({ length: 60 }, () => ({ plan: planOf('rank', ['a', 'b', 'c']) })) });
    const parts = () => partsOn(pool, { limits: { lines: 7, bytes: 1_000_000, oneModel: true } });
    await Promise.allSettled([planRound(parts(), { batchId, round: 0 }), planRound(parts(), { batchId, round: 0 }), planRound(parts(), { batchId, round: 0 })]);
    await planRound(parts(), { batchId, round: 0 });
    const calls = await callsOf(batchId);
    expect([calls.length, calls.filter((call) => call.attempt === 1 && call.status === 'assigned').length]).toEqual([180, 180]);
    for (const job of await jobsOf(batchId)) expect(job.assigned).toBe(job.line_count);
  });
});

describe('a cap', () => {
  const lineCost = async (): Promise<number> => {
    const batchId = await createBatchRows(pool, { items: [{ plan: plain() }] });
    await planRound(partsOn(pool), { batchId, round: 0 });
    return Number((await callsOf(batchId))[0]!.reserved_nano_usd);
  };

  it('lets a round plan what fits, says with figures what holds the rest, and goes on once it is raised', async () => {
    const cost = await lineCost();
    const budgets = new BudgetsStore(pool);
    await budgets.create('tight', { nanoUsd: 3 * cost, tokens: null });
    const batchId = await createBatchRows(pool, { budgetId: 'tight', items: Array.from({ length: 5 }, () => ({ plan: plain() })) });
    const plan = await planRound(partsOn(pool), { batchId, round: 0 });
    expect(plan).toMatchObject({ jobs: [{ lines: 3 }], pending: 5, waiting: 2, heldBy: { code: 'cost_cap' } });
    expect(plan.heldBy!.message).toContain(`$${((3 * cost) / 1e9).toFixed(6)}`);
    await answerAssigned(pool, batchId, script);
    const [job] = await jobsOf(batchId);
    await budgets.settle('tight', job!.id, { nanoUsd: 3 * cost, tokens: 0 });
    expect(await planRound(partsOn(pool), { batchId, round: 1 })).toMatchObject({ jobs: [], pending: 2, waiting: 2, heldBy: { code: 'cost_cap' } });
    await budgets.raise('tight', { nanoUsd: 9 * cost });
    expect(await planRound(partsOn(pool), { batchId, round: 2 })).toMatchObject({ jobs: [{ lines: 2 }], waiting: 0, heldBy: null });
  });

  it('holds a provider job that would have less than a tenth of its lines; realtime calls go on with the little that is left', async () => {
    const cost = await lineCost();
    const budgets = new BudgetsStore(pool);
    for (const [id, mode] of [['crumbs', 'batch'], ['change', 'realtime']] as const) {
      await budgets.create(id, { nanoUsd: 3 * cost, tokens: null });
      const batchId = await createBatchRows(pool, { budgetId: id, mode, items: Array.from({ length: 31 }, () => ({ plan: plain() })) });
      const planned = mode === 'batch' ? [] : [{ mode }];
      expect(await planRound(partsOn(pool), { batchId, round: 0 })).toMatchObject({ jobs: planned, pending: 31, heldBy: { code: 'cost_cap' } });
      if (mode === 'batch') expect(await budgets.read(id)).toMatchObject({ reserved: { nanoUsd: 0 } });
    }
  });

  it('fails a call whose cost nobody knows', async () => {
    await new BudgetsStore(pool).create('blind', { nanoUsd: 1_000_000_000, tokens: null });
    const batchId = await createBatchRows(pool, { budgetId: 'blind', items: [{ plan: plain() }] });
    expect(await planRound(partsOn(pool, { price: () => null }), { batchId, round: 0 })).toMatchObject({ jobs: [], pending: 0 });
    expect((await itemsOf(batchId))[0]!.failure?.message).toContain('is unknown');
  });

  it('is not passed by 50 batches that share it', async () => {
    const cost = await lineCost();
    await new BudgetsStore(pool).create('common', { nanoUsd: 60 * cost, tokens: null });
    const batches = await Promise.all(Array.from({ length: 50 }, () => createBatchRows(pool, { budgetId: 'common', items: Array.from({ length: 3 }, () => ({ plan: plain() })) })));
    const plans = await Promise.all(batches.map((batchId) => planRound(partsOn(pool), { batchId, round: 0 })));
    expect(plans.flatMap(({ jobs }) => jobs).reduce((sum, { lines }) => sum + lines, 0)).toBe(60);
    expect((await new BudgetsStore(pool).read('common'))!.reserved.nanoUsd).toBe(60 * cost);
    expect(plans.filter(({ heldBy }) => heldBy !== null).length).toBeGreaterThanOrEqual(30);
  });
});
