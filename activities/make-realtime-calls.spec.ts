import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type pg from 'pg';
import { BatchPlanningStore } from '../src/batches/batch-planning.store.js';
import { JobLinesStore } from '../src/batches/job-lines.store.js';
import { ProviderJobsStore } from '../src/batches/provider-jobs.store.js';
import { BudgetsStore } from '../src/budgets/budgets.store.js';
import { createPostgresPool } from '../src/database/postgres-pool.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import type { Provider, ProviderResponse } from '../src/providers/provider.js';
import { CallsStore } from '../src/traces/calls.store.js';
import { createBatchRows } from '../test/support/batch-rows.js';
import { createTestDatabase, type TestDatabase } from '../test/support/database.js';
import { planOf } from '../workflows/consensus/scripted-context.js';
import { batchPolicies } from '../workflows/policies/batch-policies.js';
import type { JobParts } from './job-parts.js';
import { Ledger } from './ledger.js';
import type { MakeCallParts } from './make-call.js';
import { Chunk } from './make-realtime-calls.js';
import { planRound } from './plan-round.js';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPostgresPool({ databaseUrl: database.url, size: 20, name: 'chunk spec' });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const price = { inputNanoUsdPerMillion: 1_000_000_000, outputNanoUsdPerMillion: 2_000_000_000, cachedInputNanoUsdPerMillion: null, source: 'spec', date: '2026-11-21' };
const usage = { inputTokens: 10, outputTokens: 5, cachedInputTokens: 0, reasoningTokens: 0 };
const answer: ProviderResponse = { text: 'yes', toolCalls: [], finishReason: 'stop', usage, firstTokenAt: null, droppedParameters: [] };
const concurrency = 4;
const never = new AbortController().signal;

/** A provider of realtime calls; `generate` counts them and answers as it is told. */
class CountedProvider {
  begun = 0;
  ended = 0;
  constructor(private readonly respond: (count: number) => Promise<ProviderResponse>) {}

  get asProvider(): Provider {
    return {
      name: 'scripted',
      batch: null,
      listModels: () => Promise.reject(new Error('Not asked for here.')),
      generate: async () => {
        try {
          return await this.respond(++this.begun);
        } finally {
          this.ended++;
        }
      },
    };
  }
}

function partsOf(lines: JobLinesStore = new JobLinesStore(pool), lookMs = 5): JobParts {
  const test = batchPolicies.test;
  return {
    jobs: new ProviderJobsStore(pool),
    lines,
    policy: { ...test, makeRealtimeCalls: { ...test.makeRealtimeCalls, concurrency, lookMs } },
    provider: () => {
      throw new Error('A chunk asks no batch interface.');
    },
    batchPrice: () => null,
    acceptsImages: () => true,
    maxInflight: () => ({ provider: 1, model: null }),
    settle: async (budgetId, jobId, spent) => {
      await new BudgetsStore(pool).settle(budgetId, jobId, spent);
    },
    pass: async (request, work) => work(request.timeoutMs),
  };
}

function callsOf(provider: CountedProvider): MakeCallParts {
  return {
    ledger: new Ledger(new CallsStore(pool), null),
    provider: () => provider.asProvider,
    pass: async (request, work) => work(request.timeoutMs),
    price: () => price,
    acceptsImages: () => true,
    openStream: () => ({ push: () => undefined, end: () => Promise.resolve() }),
  };
}

async function chunkOf(provider: CountedProvider, items: number, options: { budgetId?: string; maxAttempts?: number; tokens?: number } = {}) {
  const { budgetId, maxAttempts = 1, tokens = null } = options;
  if (budgetId) await new BudgetsStore(pool).create(budgetId, { nanoUsd: 1_000_000_000, tokens });
  const batchId = await createBatchRows(pool, { mode: 'realtime', options: { maxAttempts }, ...(budgetId ? { budgetId } : {}), items: Array.from({ length: items }, () => ({ plan: planOf('single', ['a']) })) });
  const planning = { planning: new BatchPlanningStore(pool), provider: () => provider.asProvider, price: () => price, outputLimit: () => null, contextLimit: () => null, batchSupport: () => null, jobTokenLimit: () => null, acceptsImages: () => true };
  const { jobs } = await planRound(planning, { batchId, round: 0 });
  const jobId = jobs[0]?.jobId ?? '';
  const attempt = async (lines?: JobLinesStore, ofJob = jobId, { lookMs, calls = callsOf(provider) }: { lookMs?: number; calls?: MakeCallParts } = {}): Promise<Chunk> => {
    const job = await new ProviderJobsStore(pool).read(ofJob);
    if (!job) throw new Error(`${ofJob} is gone`);
    return new Chunk(partsOf(lines, lookMs), calls, job);
  };
  /** An attempt of a process that is stopped: it looks at nothing. */
  const blind = () => attempt(undefined, jobId, { lookMs: 60_000 });
  /** The chunk of the next round; undefined: nothing could be planned. */
  const next = async (): Promise<string | undefined> => (await planRound(planning, { batchId, round: 1 })).jobs[0]?.jobId;
  return { batchId, jobId, attempt, blind, next };
}

describe('a chunk of realtime calls', () => {
  it('is left alone by an attempt in whose place another one goes on', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const provider = new CountedProvider(async (count) => {
      if (count <= concurrency) await held;
      return answer;
    });
    const { attempt } = await chunkOf(provider, 60);
    const lost = (await attempt()).run(never);
    lost.catch(() => undefined);
    while (provider.begun < concurrency) await new Promise((resolve) => setImmediate(resolve));
    expect(await (await attempt()).run(never)).toMatchObject({ state: 'collected', succeeded: 60 });
    release();
    await expect(lost).rejects.toThrow('worker ended');
    expect(provider.begun).toBe(60 + concurrency);
  });

  it('makes no call again that another attempt made while its process stood still', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const provider = new CountedProvider(async (count) => {
      if (count <= concurrency) await held;
      return answer;
    });
    const { attempt, blind } = await chunkOf(provider, 60);
    const stopped = (await blind()).run(never);
    stopped.catch(() => undefined);
    while (provider.begun < concurrency) await new Promise((resolve) => setImmediate(resolve));
    expect(await (await attempt()).run(never)).toMatchObject({ state: 'collected', succeeded: 60 });
    const wall = Date.now;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => wall() + 20_000);
    release();
    await expect(stopped.finally(() => { clock.mockRestore(); })).rejects.toThrow('worker ended');
    expect(provider.begun).toBe(60 + concurrency);
  });

  it('makes no call any more once an attempt is over that broke', async () => {
    const provider = new CountedProvider(async (count) => {
      for (let turn = 0; turn < count * 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      return answer;
    });
    class Broken extends JobLinesStore {
      override settle(): Promise<void> {
        return Promise.reject(new Error('no rows today'));
      }
    }
    const { attempt } = await chunkOf(provider, 40);
    await expect((await attempt(new Broken(pool))).run(never)).rejects.toThrow('no rows today');
    expect([provider.begun, provider.ended]).toEqual([concurrency, concurrency]);
    expect(await (await attempt()).run(never)).toMatchObject({ succeeded: 40 });
    expect(provider.begun).toBe(40);
  });

  it('counts what was cut off after it was sent as what was set aside for it', async () => {
    const provider = new CountedProvider((count) => (count === 1 ? Promise.reject(new ProviderFailure({ code: 'timeout', provider: 'scripted', model: 'a', message: 'too late' })) : Promise.resolve(answer)));
    const { jobId, attempt } = await chunkOf(provider, 2, { budgetId: 'unsure' });
    const { rows } = await pool.query<{ reserved: string }>('SELECT max(reserved_nano_usd) AS reserved FROM batch_calls WHERE job_id = $1', [jobId]);
    expect(await (await attempt()).run(never)).toMatchObject({ succeeded: 1, failed: 1 });
    const known = 10 * 1_000 + 5 * 2_000;
    expect(await new BudgetsStore(pool).read('unsure')).toMatchObject({ reserved: { nanoUsd: 0 }, spent: { nanoUsd: known + Number(rows[0]?.reserved) } });
  });

  it('is charged at the price that was set aside for, though it rose since', async () => {
    const provider = new CountedProvider(() => Promise.resolve(answer));
    const { jobId, attempt } = await chunkOf(provider, 3, { budgetId: 'risen' });
    const dearer = { ...callsOf(provider), price: () => ({ ...price, inputNanoUsdPerMillion: 1_000 * price.inputNanoUsdPerMillion }) };
    await (await attempt(undefined, jobId, { calls: dearer })).run(never);
    expect(await new BudgetsStore(pool).read('risen')).toMatchObject({ reserved: { nanoUsd: 0 }, spent: { nanoUsd: 3 * (10 * 1_000 + 5 * 2_000) } });
  });

  it('never passes its cap by attempts that were cut off: each has a reservation of its own, or waits for a higher cap', async () => {
    const provider = new CountedProvider(() => Promise.reject(new ProviderFailure({ code: 'timeout', provider: 'scripted', model: 'a', message: 'too late' })));
    const batch = await chunkOf(provider, 1, { budgetId: 'cut off', maxAttempts: 4 });
    const { rows } = await pool.query<{ reserved: string }>('SELECT reserved_nano_usd AS reserved FROM batch_calls WHERE job_id = $1', [batch.jobId]);
    const one = Number(rows[0]?.reserved);
    // Two attempts and a half.
    await pool.query('UPDATE budgets SET cost_cap_nano_usd = $2 WHERE id = $1', ['cut off', Math.floor(2.5 * one)]);
    for (let jobId: string | undefined = batch.jobId; jobId !== undefined; jobId = await batch.next()) {
      await (await batch.attempt(undefined, jobId)).run(never);
      const { reserved, spent } = (await new BudgetsStore(pool).read('cut off'))!;
      expect(reserved.nanoUsd + spent.nanoUsd).toBeLessThanOrEqual(2.5 * one);
    }
    expect(provider.begun).toBe(2);
    await new BudgetsStore(pool).raise('cut off', { nanoUsd: 10 * one });
    for (let jobId = await batch.next(); jobId !== undefined; jobId = await batch.next()) await (await batch.attempt(undefined, jobId)).run(never);
    expect(provider.begun).toBe(4);
    expect((await pool.query<{ failure: unknown }>('SELECT failure FROM batch_items WHERE batch_id = $1', [batch.batchId])).rows).toMatchObject([{ failure: { code: 'timeout' } }]);
  });

  it('counts the tokens of such attempts too, so that a token cap keeps the next one out', async () => {
    const provider = new CountedProvider(() => Promise.reject(new ProviderFailure({ code: 'timeout', provider: 'scripted', model: 'a', message: 'too late' })));
    const { jobId, attempt, next } = await chunkOf(provider, 1, { budgetId: 'tight', maxAttempts: 4, tokens: 200 });
    const { rows } = await pool.query<{ reserved: string }>('SELECT reserved_tokens AS reserved FROM batch_calls WHERE job_id = $1', [jobId]);
    await (await attempt()).run(never);
    expect(await new BudgetsStore(pool).read('tight')).toMatchObject({ reserved: { tokens: 0 }, spent: { tokens: Number(rows[0]?.reserved) } });
    expect(await next()).toBeUndefined();
    expect(provider.begun).toBe(1);
  });
});
