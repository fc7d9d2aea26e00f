import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Context } from '@temporalio/activity';
import type pg from 'pg';
import type { Usage } from '../domain/chat/chat-request.js';
import type { PassGate } from '../domain/limits/gate.js';
import type { CallPrice } from '../domain/pricing/call-price.js';
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
import { jobStep } from './job-parts.js';
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
  /** Inputs that it has no more: it refuses them as Gemini does. */
  readonly expired = new Set<string>();
  /** What it says of every job; null: that it goes on. */
  says: Partial<JobStatus> | null = null;
  /** The only result of every job, if any: an empty answer. */
  useless: { lineId: string; usage: Usage; message?: string } | null = null;
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
      upload: async (job) => (this.uploads ? `input ${String(++this.count)} of ${job.jobId}` : null),
      create: async (marker, lines) => {
        if (marker.inputReference !== null && this.expired.has(marker.inputReference)) throw refused('You do not have permission to access the File, or it may not exist.');
        const lineIds: string[] = [];
        for await (const { id } of lines()) lineIds.push(id);
        const status = statusOf(`theirs-${marker.jobId}-${String(++this.count)}`, lineIds.length);
        this.created.push({ marker, lineIds, status });
        await this.answer();
        return status;
      },
      find: () => Promise.resolve([...this.foreign, ...this.created.map(({ status }) => status)].map((status) => ({ status, certain: false }))),
      status: (reference) => (this.forgets-- > 0 ? Promise.reject(unknown('job')) : Promise.resolve(statusOf(reference, 1, this.says ?? {}))),
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

function refused(message: string): ProviderFailure {
  return new ProviderFailure({ code: 'auth', provider: 'scripted', model: 'a', message, httpStatus: 403 });
}

async function* emptyAnswer({ lineId, usage, message = 'it gave an empty answer' }: { lineId: string; usage: Usage; message?: string }): AsyncGenerator<BatchResult> {
  yield { id: lineId, ok: false, usage, raw: '', failure: new ProviderFailure({ code: 'server_error', provider: 'scripted', model: 'a', message }) };
}

async function* fails(error: Error): AsyncGenerator<BatchResult> {
  throw error;
}

async function* rowsOf(ids: string[]): AsyncGenerator<BatchResult> {
  for (const id of ids) {
    const usage = { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0, reasoningTokens: 0 };
    yield { id, ok: true, raw: '', response: { text: `answer of ${id}`, toolCalls: [], finishReason: 'stop', usage, firstTokenAt: null, droppedParameters: [], responseId: 'hostile\0id' } };
  }
}

const price: CallPrice = { inputNanoUsdPerMillion: 1_000_000, outputNanoUsdPerMillion: 2_000_000, cachedInputNanoUsdPerMillion: null, source: 'spec', date: '2026-11-21' };

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
async function planned(provider: ScriptedProvider, items = 2, price: CallPrice | null = null): Promise<{ jobId: string; read(): Promise<JobAtWork> }> {
  const batchId = await createBatchRows(pool, { items: Array.from({ length: items }, () => ({ plan: planOf('single', ['a']) })) });
  const parts = { planning: new BatchPlanningStore(pool), provider: () => provider.asProvider, price: () => price, outputLimit: () => null, contextLimit: () => null, batchSupport: () => null, jobTokenLimit: () => null, acceptsImages: () => true };
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

  it('creates nothing while an earlier creation may still become visible', async () => {
    const provider = new ScriptedProvider();
    const job = await planned(provider);
    await began(job.jobId, 500);
    await expect(submit(partsOf(provider), await job.read(), signal)).rejects.toThrow('may still be under way');
    expect(provider.created).toHaveLength(0);
    // Others wait for it, as they could not be told apart.
    await pool.query(`UPDATE provider_jobs SET status = 'canceled' WHERE id = $1`, [job.jobId]);
  });

  it('takes neither the job of another row of ours for its own, nor what turned out not to be it', async () => {
    const provider = new ScriptedProvider();
    const [first, second] = [await planned(provider), await planned(provider)];
    await submit(partsOf(provider), await first.read(), signal);
    const { reference } = await first.read();
    await began(second.jobId, 10_000);
    expect(await submit(partsOf(provider), await second.read(), signal)).toEqual({ state: 'running' });
    const own = (await second.read()).reference;
    expect([own === reference, provider.created.length]).toEqual([false, 2]);
    await pool.query(`UPDATE provider_jobs SET reference = NULL, rejected_references = ARRAY[$2] WHERE id = $1`, [second.jobId, own]);
    await began(second.jobId, 10_000);
    await submit(partsOf(provider), await second.read(), signal);
    expect([(await second.read()).reference === own, provider.created.length]).toEqual([false, 3]);
  });

  it('creates nothing for a batch that is to be canceled, that is paused, or that is to go on in another mode', async () => {
    const provider = new ScriptedProvider();
    const job = await planned(provider);
    const row = await job.read();
    for (const change of [{ status: 'paused' as const }, { nextMode: 'realtime' as const }]) expect(await submit(partsOf(provider), { ...row, batch: { ...row.batch, ...change } }, signal)).toEqual({ state: 'held', failure: null });
    expect(await submit(partsOf(provider), { ...row, batch: { ...row.batch, cancelRequested: true } }, signal)).toEqual({ state: 'closed' });
    expect([provider.created.length, (await job.read()).status]).toEqual([0, 'canceled']);
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

describe('an uploaded input', () => {
  /** A job whose input was uploaded by an attempt before, which did not come to create it. */
  async function uploadedBefore(provider: ScriptedProvider) {
    provider.uploads = true;
    const job = await planned(provider);
    await pool.query(`UPDATE provider_jobs SET input_reference = 'old input' WHERE id = $1`, [job.jobId]);
    return job;
  }

  it('that expired while the batch stood still is uploaded again', async () => {
    const provider = new ScriptedProvider();
    const job = await uploadedBefore(provider);
    provider.expired.add('old input');
    await expect(submit(partsOf(provider), await job.read(), signal)).rejects.toThrow('may not exist');
    expect(await submit(partsOf(provider), await job.read(), signal)).toEqual({ state: 'running' });
    expect(provider.created.map(({ marker }) => marker.inputReference)).toEqual([expect.stringMatching(/^input 1 /)]);
  });

  it('is not uploaded for ever where it is the key that is refused: the batch is told', async () => {
    const provider = new ScriptedProvider();
    const job = await uploadedBefore(provider);
    provider.expired.has = () => true;
    await expect(submit(partsOf(provider), await job.read(), signal)).rejects.toThrow('may not exist');
    expect(await submit(partsOf(provider), await job.read(), signal)).toMatchObject({ state: 'held', failure: { code: 'auth' } });
    expect(await job.read()).toMatchObject({ status: 'planned' });
  });
});

describe('a step that meets a mistake', () => {
  const context = { heartbeat: () => undefined, cancellationSignal: signal } as unknown as Context;
  const step = async (error: Error): Promise<unknown> => {
    const provider = new ScriptedProvider();
    const job = await planned(provider);
    return jobStep(partsOf(provider), context, { batchId: '', jobId: job.jobId }, () => Promise.reject(error)).catch((thrown: unknown) => thrown);
  };

  it('of our own ends, so that the batch pauses and says so; what may pass is tried again', async () => {
    expect(await step(new TypeError('cannot read x of undefined'))).toMatchObject({ type: 'internal', nonRetryable: true });
    expect(await step(Object.assign(new Error('invalid input syntax'), { code: '22P02' }))).toMatchObject({ type: 'internal', nonRetryable: true });
    const away = Object.assign(new Error('terminating connection'), { code: '57P01' });
    expect(await step(away)).toBe(away);
  });
});

describe('collect', () => {
  it.each([
    ['the price that its lines were planned at, whatever it is now', price, 120],
    ['the price of now where there was none', null, 1_200],
  ])('charges %s', async (_, plannedAt, cost) => {
    const provider = new ScriptedProvider();
    provider.uploads = true;
    const job = await planned(provider, 1, plannedAt);
    const dearer = { ...price, inputNanoUsdPerMillion: 10 * price.inputNanoUsdPerMillion, outputNanoUsdPerMillion: 10 * price.outputNanoUsdPerMillion };
    const parts = { ...partsOf(provider), batchPrice: () => dearer };
    await submit(parts, await job.read(), signal);
    const { reference, batchId } = await job.read();
    provider.useless = { lineId: provider.created[0]?.lineIds[0] ?? '', usage: { inputTokens: 100, outputTokens: 10, cachedInputTokens: 0, reasoningTokens: 0 } };
    const jobs = new ProviderJobsStore(pool);
    await jobs.saveStatus(job.jobId, statusOf(reference ?? '', 1, { state: 'completed', results: { url: 'x' } }));
    await jobs.end(job.jobId, null);
    await collect(parts, await job.read(), signal);
    const { rows } = await pool.query('SELECT cost_nano_usd AS cost, price FROM calls WHERE group_id = $1', [batchId]);
    expect(rows).toEqual([{ cost: String(cost), price: plannedAt ?? dearer }]);
  });

  it('counts an answer that is of no use as what it cost', async () => {
    const provider = new ScriptedProvider();
    provider.uploads = true;
    const job = await planned(provider, 1);
    const usage = { inputTokens: 100, outputTokens: 10, cachedInputTokens: 0, reasoningTokens: 10 };
    const spent: unknown[] = [];
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

  it.each<[string, Partial<JobStatus>, string | null, number]>([
    ['that the provider never ended', {}, 'deadline_exceeded', 100],
    ['that the provider forgot', {}, 'not_found', 100],
    ['whose answers the provider counts and never shows', { state: 'completed', succeeded: 2 }, null, 100],
    ['that the provider refused as a whole', { state: 'failed', error: 'line 1: no such model' }, 'failed', 0],
    ['that was canceled before it answered anything', { state: 'canceled', succeeded: 0, failed: 2 }, 'canceled', 0],
  ])('counts all that was set aside where nobody knows what a job cost, and nothing where the provider says so: one %s', async (_what, facts, code, expected) => {
    const provider = new ScriptedProvider();
    provider.uploads = true;
    const job = await planned(provider);
    await pool.query('UPDATE batch_calls SET reserved_nano_usd = 50, reserved_tokens = 7 WHERE job_id = $1', [job.jobId]);
    const spent: unknown[] = [];
    const parts: JobParts = { ...partsOf(provider), settle: async (_budget, _job, cost) => { spent.push(cost); } };
    await submit(parts, await job.read(), signal);
    const jobs = new ProviderJobsStore(pool);
    const { reference } = await job.read();
    await jobs.saveStatus(job.jobId, statusOf(reference ?? '', 2, facts));
    await jobs.end(job.jobId, code === null ? null : { code, message: 'why' });
    const row = await job.read();
    await collect(parts, { ...row, batch: { ...row.batch, budgetId: 'any' } }, signal);
    expect(spent).toEqual([{ nanoUsd: expected, tokens: expected === 0 ? 0 : 14 }]);
  });

  it("does not count an account's full queue as an attempt of its lines, and tells the batch", async () => {
    const provider = new ScriptedProvider();
    provider.uploads = true;
    const job = await planned(provider);
    await submit(partsOf(provider), await job.read(), signal);
    const jobs = new ProviderJobsStore(pool);
    const { reference } = await job.read();
    const error = 'Enqueued token limit reached for gpt-4o-mini. Limit: 2,000,000 enqueued tokens.';
    await jobs.saveStatus(job.jobId, statusOf(reference ?? '', 2, { state: 'failed', error }));
    await jobs.end(job.jobId, { code: 'failed', message: error });
    const told = { state: 'failed', succeeded: 0, failed: 0, failure: { code: 'rate_limit', message: error } };
    expect(await collect(partsOf(provider), await job.read(), signal)).toMatchObject(told);
    expect((await pool.query('SELECT status, attempt FROM batch_calls WHERE job_id = $1', [job.jobId])).rows).toEqual([{ status: 'waiting', attempt: 0 }, { status: 'waiting', attempt: 0 }]);
    // The worker may have died before it could say so.
    expect(await collect(partsOf(provider), await job.read(), signal)).toMatchObject(told);
  });

  it('writes a failure that was cut within an emoji, as any other', async () => {
    const provider = new ScriptedProvider();
    provider.uploads = true;
    const job = await planned(provider, 1);
    await submit(partsOf(provider), await job.read(), signal);
    const message = 'no room for \ud83d…';
    provider.useless = { lineId: provider.created[0]?.lineIds[0] ?? '', usage: { inputTokens: 1, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0 }, message };
    const jobs = new ProviderJobsStore(pool);
    const { reference } = await job.read();
    await jobs.saveStatus(job.jobId, statusOf(reference ?? '', 1, { state: 'failed', error: message, results: { url: 'x' } }));
    await jobs.end(job.jobId, { code: 'failed', message });
    expect(await collect(partsOf(provider), await job.read(), signal)).toMatchObject({ state: 'failed', succeeded: 0 });
    expect((await pool.query('SELECT failure FROM batch_calls WHERE job_id = $1', [job.jobId])).rows).toEqual([{ failure: { code: 'server_error', message: 'no room for \ufffd…' } }]);
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

  it('is asked again where it shows a completed job before its results, and believed where it goes on so', async () => {
    const provider = new ScriptedProvider();
    const job = await submitted(provider);
    const lookAgain = async () => look(partsOf(provider), await job.read(), signal);
    provider.says = { state: 'completed', succeeded: 2, results: null };
    await expect(lookAgain()).rejects.toThrow('does not show its results yet');
    expect(await job.read()).toMatchObject({ status: 'running', lastStatus: { state: 'running' } });
    await expect(lookAgain()).rejects.toThrow('does not show its results yet');
    provider.says = { ...provider.says, results: { output: 'x' } };
    expect(await lookAgain()).toEqual({ state: 'ended' });
    expect(await job.read()).toMatchObject({ status: 'ended', lastStatus: { results: { output: 'x' } } });
    const other = await submitted(provider);
    provider.says = { state: 'completed', succeeded: 2, results: null };
    for (let looks = 0; looks < 2; looks++) await expect(look(partsOf(provider), await other.read(), signal)).rejects.toThrow('yet');
    expect(await look(partsOf(provider), await other.read(), signal)).toEqual({ state: 'ended' });
  });

  it('is not believed for what others said before: a gateway that was away says nothing about a job', async () => {
    const provider = new ScriptedProvider();
    const parts = partsOf(provider);
    const jobs = new ProviderJobsStore(pool);
    const away = { code: 'server_error', message: 'bad gateway' };
    const completed = await submitted(provider);
    for (let count = 0; count < 2; count++) await jobs.noteTrouble(completed.jobId, away);
    provider.says = { state: 'completed', succeeded: 2, results: null };
    await expect(look(parts, await completed.read(), signal)).rejects.toThrow('does not show its results yet');
    provider.says = null;
    const forgotten = await submitted(provider);
    for (let count = 0; count < 2; count++) await jobs.noteTrouble(forgotten.jobId, away);
    provider.forgets = 2;
    for (let looks = 0; looks < 2; looks++) await expect(look(parts, await forgotten.read(), signal)).rejects.toThrow('no such job');
    const unread = await submitted(provider);
    const { reference } = await unread.read();
    await jobs.saveStatus(unread.jobId, statusOf(reference ?? '', 2, { state: 'completed', results: { url: 'x' } }));
    await jobs.end(unread.jobId, null);
    for (let count = 0; count < 2; count++) await jobs.noteTrouble(unread.jobId, away);
    provider.forgets = 3;
    for (let readings = 0; readings < 2; readings++) await expect(collect(parts, await unread.read(), signal)).rejects.toThrow('no such results');
    await pool.query('UPDATE batch_calls SET reserved_nano_usd = 50 WHERE job_id = $1', [unread.jobId]);
    const spent: unknown[] = [];
    const row = await unread.read();
    const capped: JobParts = { ...parts, settle: async (_budget, _job, cost) => { spent.push(cost.nanoUsd); } };
    expect(await collect(capped, { ...row, lastStatus: statusOf(reference ?? '', 2, { state: 'completed', succeeded: 2, results: { url: 'x' } }), batch: { ...row.batch, budgetId: 'any' } }, signal)).toMatchObject({ state: 'collected', missing: 2 });
    expect(spent).toEqual([100]);
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
