import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { Usage } from '../domain/chat/chat-request.js';
import type { PassGate } from '../domain/limits/gate.js';
import { BatchPlanningStore } from '../src/batches/batch-planning.store.js';
import { BatchReadsStore } from '../src/batches/batch-reads.store.js';
import { JobLinesStore } from '../src/batches/job-lines.store.js';
import { ProviderJobsStore } from '../src/batches/provider-jobs.store.js';
import type { JobAtWork } from '../src/batches/provider-jobs.store.js';
import { createPostgresPool } from '../src/database/postgres-pool.js';
import type { BatchProvider, BatchResult, JobMarker, JobStatus } from '../src/providers/batch-provider.js';
import type { Provider } from '../src/providers/provider.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import { createBatchRows } from '../test/support/batch-rows.js';
import { createTestDatabase, type TestDatabase } from '../test/support/database.js';
import { batchPolicies } from '../workflows/policies/batch-policies.js';
import { planOf } from '../workflows/consensus/scripted-context.js';
import { look } from './await-batch.js';
import { collect } from './collect-batch.js';
import type { JobParts } from './job-parts.js';
import { planRound } from './plan-round.js';
import { submit } from './submit-batch.js';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPostgresPool({ databaseUrl: database.url, size: 12, name: 'submission spec' });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const signal = new AbortController().signal;
const through: PassGate = async (request, work) => work(request.timeoutMs);

/** A provider as its batch interface shows it: what was created there and canceled, what others have there, and results by reference. Like Anthropic's it keeps no mark of ours. */
class ScriptedProvider {
  readonly created: { marker: JobMarker; lineIds: string[]; status: JobStatus }[] = [];
  readonly canceled: string[] = [];
  readonly foreign: JobStatus[] = [];
  readonly results = new Map<string, string[]>();
  /** Resolves when a creation may be answered. */
  answer: () => Promise<void> = () => Promise.resolve();
  uploads = false;
  /** The only result of every job, if any: an empty answer. */
  useless: { lineId: string; usage: Usage } | null = null;
  /** Questions about jobs and results that it answers by 404. */
  forgets = 0;
  private count = 0;

  get asProvider(): Provider {
    const unused = () => Promise.reject(new Error('Not asked for here.'));
    return { name: 'scripted', generate: unused, listModels: unused, batch: this.batch };
  }

  private get batch(): BatchProvider {
    return {
      limits: { lines: 1_000, bytes: 1_000_000, oneModel: true },
      render: (request) => Promise.resolve({ endpoint: '', body: { model: request.model }, droppedParameters: [] }),
      upload: async (job) => (this.uploads ? `input of ${job.jobId}` : null),
      create: async (marker, lines) => {
        const lineIds: string[] = [];
        for await (const { id } of lines()) lineIds.push(id);
        const status = statusOf(`theirs-${marker.jobId}-${String(++this.count)}`, lineIds.length);
        this.created.push({ marker, lineIds, status });
        await this.answer();
        return status;
      },
      find: () => Promise.resolve([...this.foreign, ...this.created.map(({ status }) => status)].map((status) => ({ status, certain: false }))),
      status: (reference) => (this.forgets-- > 0 ? Promise.reject(unknown('job')) : Promise.resolve(statusOf(reference, 1))),
      results: ({ reference }) => (this.useless ? emptyAnswer(this.useless) : this.forgets-- > 0 ? fails(unknown('results')) : rowsOf(this.results.get(reference) ?? [])),
      confirms: ({ reference }, lineId) => Promise.resolve((this.results.get(reference) ?? []).includes(lineId)),
      cancel: async (reference) => {
        this.canceled.push(reference);
      },
    };
  }
}

function statusOf(reference: string, total: number, facts: Partial<JobStatus> = {}): JobStatus {
  return { reference, state: 'running', providerState: 'in_progress', total, succeeded: 0, failed: 0, error: null, results: null, createdAt: Date.now(), ...facts };
}

function unknown(what: string): ProviderFailure {
  return new ProviderFailure({ code: 'not_found', provider: 'scripted', model: 'a', message: `no such ${what}`, httpStatus: 404 });
}

async function* emptyAnswer({ lineId, usage }: { lineId: string; usage: Usage }): AsyncGenerator<BatchResult> {
  yield { id: lineId, ok: false, usage, raw: '', failure: new ProviderFailure({ code: 'server_error', provider: 'scripted', model: 'a', message: 'it gave an empty answer' }) };
}

async function* fails(error: Error): AsyncGenerator<BatchResult> {
  throw error;
}

async function* rowsOf(ids: string[]): AsyncGenerator<BatchResult> {
  for (const id of ids) {
    const usage = { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0, reasoningTokens: 0 };
    yield { id, ok: true, raw: '', response: { text: `answer of ${id}`, toolCalls: [], finishReason: 'stop', usage, firstTokenAt: null, droppedParameters: [] } };
  }
}

function partsOf(provider: ScriptedProvider, pass: PassGate = through): JobParts {
  return {
    jobs: new ProviderJobsStore(pool),
    lines: new JobLinesStore(pool),
    policy: batchPolicies.test,
    provider: () => provider.asProvider,
    batchPrice: () => null,
    acceptsImages: () => true,
    maxInflight: () => ({ provider: 100, model: null }),
    settle: () => Promise.resolve(),
    pass,
  };
}

/** A planned job of some plain items. */
async function planned(provider: ScriptedProvider, items = 2): Promise<{ jobId: string; read(): Promise<JobAtWork> }> {
  const batchId = await createBatchRows(pool, { items: Array.from({ length: items }, () => ({ plan: planOf('single', ['a']) })) });
  const parts = { planning: new BatchPlanningStore(pool), provider: () => provider.asProvider, price: () => null, outputLimit: () => null, batchSupport: () => null, jobTokenLimit: () => null, acceptsImages: () => true };
  const { jobs } = await planRound(parts, { batchId, round: 0 });
  const jobId = jobs[0]?.jobId ?? '';
  const store = new ProviderJobsStore(pool);
  return {
    jobId,
    read: async () => {
      const job = await store.read(jobId);
      if (!job) throw new Error(`${jobId} is gone`);
      return job;
    },
  };
}

/** Makes an attempt forget what it did after the row had said that a creation begins, so long ago that its time-out has passed. */
async function began(jobId: string, agoMs: number): Promise<void> {
  await pool.query(`UPDATE provider_jobs SET status = 'creating', create_started_at = date_trunc('milliseconds', now() - $2 * interval '1 millisecond') WHERE id = $1`, [jobId, agoMs]);
}

function gate(): { opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('submit', () => {
  it.each([true, false])('creates one job where two attempts run at once (input uploaded before: %s)', async (uploads) => {
    const provider = new ScriptedProvider();
    provider.uploads = uploads;
    const job = await planned(provider);
    const parts = partsOf(provider);
    await parts.jobs.takePlace(await job.read(), { providerLimit: 100, modelLimit: null, batchLimit: 100 });
    const row = await job.read();
    const ends = await Promise.allSettled([submit(parts, { ...row }, signal), submit(parts, { ...row }, signal)]);
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(provider.created).toHaveLength(1);
    expect(await job.read()).toMatchObject({ status: 'running', reference: provider.created[0]?.status.reference });
  });

  it('does not create what another attempt created while this one waited for its turn at the provider', async () => {
    const provider = new ScriptedProvider();
    const job = await planned(provider);
    const turn = gate();
    const inLine = gate();
    const slow = partsOf(provider, async (request, work) => {
      inLine.open();
      await turn.opened;
      return work(request.timeoutMs);
    });
    const late = submit(slow, await job.read(), signal);
    await inLine.opened;
    expect(await submit(partsOf(provider), await job.read(), signal)).toEqual({ state: 'running' });
    turn.open();
    await expect(late).rejects.toThrow('under way');
    expect(provider.created).toHaveLength(1);
  });

  it('ends at the provider what an attempt created after it had been given up', async () => {
    const provider = new ScriptedProvider();
    const job = await planned(provider);
    const answered = gate();
    const sent = gate();
    provider.answer = () => {
      sent.open();
      return answered.opened;
    };
    const asleep = submit(partsOf(provider), await job.read(), signal);
    await sent.opened;
    provider.answer = () => Promise.resolve();
    // The provider does not show it yet, and for the others its time has passed.
    const [first] = provider.created.splice(0);
    await began(job.jobId, 60_000);
    expect(await submit(partsOf(provider), await job.read(), signal)).toEqual({ state: 'running' });
    answered.open();
    await asleep;
    expect(provider.canceled).toEqual([first?.status.reference]);
    expect(await job.read()).toMatchObject({ status: 'running', reference: provider.created[0]?.status.reference });
  });

  it('takes no job for its own whose results say otherwise, nor one that was created too late to be it', async () => {
    const provider = new ScriptedProvider();
    const job = await planned(provider);
    provider.foreign.push(statusOf('ended-of-others', 2, { state: 'completed', results: { url: 'x' } }), statusOf('later-of-others', 2, { createdAt: Date.now() + 3_600_000 }));
    provider.results.set('ended-of-others', ['c1', 'c2']);
    await began(job.jobId, 10_000);
    expect(await submit(partsOf(provider), await job.read(), signal)).toEqual({ state: 'running' });
    expect(provider.created).toHaveLength(1);
    expect(await job.read()).toMatchObject({ reference: provider.created[0]?.status.reference, certain: true });
  });

  it('is certain at once of a job whose results name its first line', async () => {
    const provider = new ScriptedProvider();
    const job = await planned(provider);
    const parts = partsOf(provider);
    await submit(parts, await job.read(), signal);
    const [created] = provider.created;
    const reference = created?.status.reference ?? '';
    provider.results.set(reference, created?.lineIds ?? []);
    provider.created.splice(0);
    provider.foreign.push(statusOf(reference, 2, { state: 'completed', results: { url: 'x' } }));
    await pool.query('UPDATE provider_jobs SET reference = NULL WHERE id = $1', [job.jobId]);
    await began(job.jobId, 10_000);
    await submit(parts, await job.read(), signal);
    expect(provider.created).toHaveLength(0);
    expect(await job.read()).toMatchObject({ reference, certain: true });
  });
});

describe('collect', () => {
  it('counts an answer that is of no use as what it cost', async () => {
    const provider = new ScriptedProvider();
    provider.uploads = true;
    const job = await planned(provider, 1);
    const usage = { inputTokens: 100, outputTokens: 10, cachedInputTokens: 0, reasoningTokens: 10 };
    const spent: unknown[] = [];
    const price = { inputNanoUsdPerMillion: 1_000_000, outputNanoUsdPerMillion: 2_000_000, cachedInputNanoUsdPerMillion: null, source: 'spec', date: '2026-11-21' };
    const parts: JobParts = { ...partsOf(provider), batchPrice: () => price, settle: async (_budget, _job, cost) => { spent.push(cost.nanoUsd); } };
    await submit(parts, await job.read(), signal);
    const { reference, batchId } = await job.read();
    provider.useless = { lineId: provider.created[0]?.lineIds[0] ?? '', usage };
    const jobs = new ProviderJobsStore(pool);
    await jobs.saveStatus(job.jobId, statusOf(reference ?? '', 1, { state: 'completed', results: { url: 'x' } }));
    await jobs.end(job.jobId, null);
    const row = await job.read();
    expect(await collect(parts, { ...row, batch: { ...row.batch, budgetId: 'any' } }, signal)).toMatchObject({ state: 'collected', succeeded: 0 });
    expect(spent).toEqual([120]);
    expect((await new BatchReadsStore(pool).usage([batchId])).get(batchId)?.initial).toMatchObject({ inputTokens: 100, outputTokens: 10, costNanoUsd: 120, costKnown: true });
  });

  async function adopted(provider: ScriptedProvider, results: Record<string, string> | null) {
    const job = await planned(provider);
    await began(job.jobId, 500);
    provider.foreign.push(statusOf('theirs', 2));
    await submit(partsOf(provider), await job.read(), signal);
    expect(await job.read()).toMatchObject({ reference: 'theirs', certain: false });
    const jobs = new ProviderJobsStore(pool);
    await jobs.saveStatus(job.jobId, statusOf('theirs', 2, { state: 'completed', results }));
    await jobs.end(job.jobId, null);
    return job;
  }

  it('writes no result of another database, though its calls have the same numbers', async () => {
    const provider = new ScriptedProvider();
    const job = await adopted(provider, { url: 'x' });
    const { rows } = await pool.query<{ id: string }>('SELECT id FROM batch_calls WHERE job_id = $1', [job.jobId]);
    provider.results.set('theirs', rows.map(({ id }) => `c${id}-0123456789abcdef`));
    expect(await collect(partsOf(provider), await job.read(), signal)).toEqual({ state: 'unconfirmed' });
    expect(await job.read()).toMatchObject({ status: 'creating', rejectedReferences: ['theirs'] });
  });

  it.each([[null], [{ url: 'empty' }]])('takes no job without results for its own that was only presumed to be (%j)', async (results) => {
    const provider = new ScriptedProvider();
    const job = await adopted(provider, results);
    expect(await collect(partsOf(provider), await job.read(), signal)).toEqual({ state: 'unconfirmed' });
  });
});

describe('a provider that does not know the job', () => {
  async function submitted(provider: ScriptedProvider) {
    provider.uploads = true;
    const job = await planned(provider);
    await submit(partsOf(provider), await job.read(), signal);
    return job;
  }

  it('is asked again before the lines are paid once more', async () => {
    const provider = new ScriptedProvider();
    const job = await submitted(provider);
    provider.forgets = 2;
    for (const said of ['no such job', 'no such job', 'in_progress']) await expect(look(partsOf(provider), await job.read(), signal)).rejects.toThrow(said);
    provider.forgets = 3;
    for (const said of ['no such job', 'no such job']) await expect(look(partsOf(provider), await job.read(), signal)).rejects.toThrow(said);
    expect(await look(partsOf(provider), await job.read(), signal)).toEqual({ state: 'ended' });
    expect(await job.read()).toMatchObject({ status: 'ended', reason: { code: 'not_found' } });
  });

  it('is asked again for results, and keeps why the job ended', async () => {
    const provider = new ScriptedProvider();
    const job = await submitted(provider);
    const { reference } = await job.read();
    provider.results.set(reference ?? '', provider.created[0]?.lineIds ?? []);
    const jobs = new ProviderJobsStore(pool);
    await jobs.saveStatus(job.jobId, statusOf(reference ?? '', 2, { state: 'expired', results: { url: 'x' } }));
    await jobs.end(job.jobId, { code: 'expired', message: 'took too long' });
    provider.forgets = 1;
    await expect(collect(partsOf(provider), await job.read(), signal)).rejects.toThrow('no such results');
    expect(await job.read()).toMatchObject({ reason: { code: 'expired' } });
    expect(await collect(partsOf(provider), await job.read(), signal)).toMatchObject({ state: 'collected', succeeded: 2 });
  });
});
