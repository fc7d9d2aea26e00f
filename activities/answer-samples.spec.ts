import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Context } from '@temporalio/activity';
import pg from 'pg';
import type { Benchmark } from '../domain/benchmarks/benchmark.js';
import type { Provider, ProviderResponse } from '../src/providers/provider.js';
import { RunSamplesStore } from '../src/runs/run-samples.store.js';
import { RunStateStore } from '../src/runs/run-state.store.js';
import { createTestDatabase, type TestDatabase } from '../test/support/database.js';
import { newRun } from '../test/support/runs.js';
import { planOf } from '../workflows/consensus/scripted-context.js';
import { runPolicies } from '../workflows/policies/run-policies.js';
import { SampleChunk } from './answer-samples.js';
import { benchmarkNamed, runAtWork } from './run-parts.js';
import type { RunParts } from './run-parts.js';
import { SampleWriter } from './sample-writer.js';

let database: TestDatabase;
let pool: pg.Pool;
let runs = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 20 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const benchmark = 'conclave-mini';
const concurrency = 4;
const usage = { inputTokens: 10, outputTokens: 5, cachedInputTokens: 0, reasoningTokens: 0 };
const answer: ProviderResponse = { text: '1', toolCalls: [], finishReason: 'stop', usage, firstTokenAt: null, droppedParameters: [] };
const context = { cancellationSignal: new AbortController().signal } as unknown as Context;

/** A run of a plain model with its samples; `asked` counts calls, `underWay` those that have no answer yet. */
async function runOf(count: number, respond: (call: number) => Promise<ProviderResponse>) {
  const id = `run_${String(++runs).padStart(24, '0')}`;
  const state = new RunStateStore(pool);
  await state.create(newRun({ id, plan: planOf('single', ['a']), benchmarks: [benchmark], concurrency }));
  await state.begin(id, {});
  const item = { id: 'one', question: '?', choices: [], target: '1', category: 'arithmetic' };
  const ordinals = Array.from({ length: count }, (_, ordinal) => ordinal);
  await new RunSamplesStore(pool).insert(id, benchmark, ordinals.map((ordinal) => ({ id: `${id}.${benchmark}.${String(ordinal)}`, ordinal, epoch: 0, item: { ...item, id: String(ordinal) }, order: null, expected: '1', request: { messages: [{ role: 'user', content: '?' }], sampling: { maxOutputTokens: 10 } } })));
  const seen = { asked: 0, underWay: 0 };
  const provider: Provider = {
    name: 'scripted',
    batch: null,
    listModels: () => Promise.reject(new Error('Not asked for here.')),
    generate: async () => {
      seen.underWay++;
      try {
        return await respond(++seen.asked);
      } finally {
        seen.underWay--;
      }
    },
  };
  const attempt = async (samples: RunSamplesStore, change: Partial<RunParts> = {}, judge: Partial<Benchmark> = {}): Promise<SampleChunk> => {
    // What answering plain samples needs of the parts.
    const parts = {
      state,
      samples,
      writer: new SampleWriter(samples, null),
      policy: runPolicies.test,
      retry: { maxAttempts: 1, initialDelayMs: 1, backoffMultiplier: 1, rateLimitDelaysMs: [] },
      limits: () => ({ contextTokens: null, outputTokens: null }),
      calls: {
        provider: () => provider,
        pass: async (request: { timeoutMs: number }, work: (timeoutMs: number) => Promise<unknown>) => work(request.timeoutMs),
        price: () => null,
        acceptsImages: () => true,
        openStream: () => ({ push: () => undefined, end: () => Promise.resolve() }),
      },
      ...change,
    } as unknown as RunParts;
    const run = await runAtWork(state, id);
    return new SampleChunk({ parts, run, benchmark: { ...benchmarkNamed(benchmark), ...judge }, model: { provider: 'scripted', model: 'a' } }, { runId: id, benchmark, from: 0, to: count, concurrency });
  };
  const done = async (): Promise<number> => (await new RunSamplesStore(pool).counts(id, benchmark)).done;
  return { seen, attempt, done };
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('a chunk of samples', () => {
  it('is over only when no call of it is under way, so that the next attempt asks nothing twice', async () => {
    const { seen, attempt, done } = await runOf(40, async (call) => {
      await turns(call * 20);
      return answer;
    });
    class Broken extends RunSamplesStore {
      override write(...[records, results, wantIds]: Parameters<RunSamplesStore['write']>): ReturnType<RunSamplesStore['write']> {
        return results.some(({ id }) => id.endsWith('.7')) ? Promise.reject(new Error('no rows today')) : super.write(records, results, wantIds);
      }
    }
    await expect((await attempt(new Broken(pool))).answerAll(context)).rejects.toThrow('no rows today');
    const asked = seen.asked;
    expect(seen.underWay).toBe(0);
    await (await attempt(new RunSamplesStore(pool))).answerAll(context);
    expect(await done()).toBe(40);
    // One answer was lost: the one that could not be written.
    expect([asked < 40, seen.asked]).toEqual([true, 41]);
  });

  it('asks nothing twice where the database was away while it read the next page', async () => {
    const { seen, attempt, done } = await runOf(120, async (call) => {
      await turns(call % 7);
      return answer;
    });
    let pages = 0;
    class Restarted extends RunSamplesStore {
      override pending(...page: Parameters<RunSamplesStore['pending']>): ReturnType<RunSamplesStore['pending']> {
        return pages++ === 1 ? Promise.reject(Object.assign(new Error('terminating connection'), { code: '57P01' })) : super.pending(...page);
      }
    }
    await (await attempt(new Restarted(pool))).answerAll(context);
    expect([await done(), seen.asked]).toEqual([120, 120]);
  });

  it('asks nothing of what another attempt asked while its process stood still', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { seen, attempt, done } = await runOf(60, async (call) => {
      if (call <= concurrency) await held;
      return answer;
    });
    const { answerSamples, ...policy } = runPolicies.test;
    // A process that was stopped looks at nothing.
    const stopped = (await attempt(new RunSamplesStore(pool), { policy: { ...policy, answerSamples: { ...answerSamples, lookMs: 60_000 } } })).answerAll(context);
    stopped.catch(() => undefined);
    while (seen.asked < concurrency) await turns(1);
    await (await attempt(new RunSamplesStore(pool))).answerAll(context);
    const wall = Date.now;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => wall() + 20_000);
    release();
    await expect(stopped.finally(() => { clock.mockRestore(); })).rejects.toMatchObject({ type: 'worker_ended' });
    expect([await done(), seen.asked]).toEqual([60, 60 + concurrency]);
  });

  it('keeps an answer that its scorer fails at, as an error, and does not ask for it again and again', async () => {
    const { seen, attempt } = await runOf(5, () => Promise.resolve(answer));
    const broken = { score: () => { throw new TypeError('no such group'); } };
    expect(await (await attempt(new RunSamplesStore(pool), {}, broken)).answerAll(context)).toEqual({ done: 0, errors: 5, stop: null });
    const { rows } = await pool.query(`SELECT DISTINCT failure, calls.text FROM run_samples JOIN calls ON completion_id = run_samples.id WHERE failure IS NOT NULL`);
    expect([seen.asked, rows]).toEqual([5, [{ failure: { code: 'internal', message: "The answer could not be scored by 'conclave-mini': no such group" }, text: '1' }]]);
  });
});
