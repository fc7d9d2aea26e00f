import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seededUnit } from '../../src/simulated/seeded-hash.js';
import { ConclaveClient } from '../support/conclave-client.js';
import { rowsOf } from '../support/database.js';
import { marker } from '../support/marker.js';
import { RunClient } from '../support/run-client.js';
import { startRunTestStack, type RunTestStack } from '../support/run-stack.js';
import { planOf } from '../support/runs.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { until } from '../support/until.js';

let stack: RunTestStack;

beforeAll(async () => {
  stack = await startRunTestStack();
}, 90_000);
afterAll(() => stack.stop());

/** Every sample exactly once, no success of a call twice, no finished call asked again. */
async function checkExactlyOnce(id: string, mark: string, { samples, calls, underWay }: { samples: number; calls: number; underWay: number }): Promise<void> {
  expect(await stack.runs.samples(id, 'status, count(*)::integer AS count', 'GROUP BY 1')).toEqual([{ status: 'done', count: samples }]);
  expect(await stack.runs.calls(id, 'count(*)::integer AS count', `AND outcome = 'succeeded'`)).toEqual([{ count: calls }]);
  const answered = (await simulatedProvider().requests({ contains: mark })).length;
  expect(answered).toBeGreaterThanOrEqual(calls);
  expect(answered).toBeLessThanOrEqual(calls + underWay);
}

const done = async (id: string): Promise<number> => (await rowsOf<{ count: number }>(stack.databaseUrl, `SELECT count(*)::integer AS count FROM run_samples WHERE run_id = $1 AND status = 'done'`, [id]))[0]?.count ?? 0;

const untilDone = (id: string, count: number) => until(`${String(count)} samples`, async () => (await done(id)) >= count, 60_000, 20);

describe('a run whose workers are killed', () => {
  it('of a plain model repeats only what was under way, with two workers at it', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: 'slow', latencyMs: 50, contains: mark });
    const [first, second] = await Promise.all([stack.startWorker(), stack.startWorker()]);
    const id = await stack.runs.start({ plan: planOf('single', ['simulated/alder']), benchmarks: ['conclave-mini'], epochs: 5, concurrency: 10, config: { system_prompt: mark } });
    await untilDone(id, 80);
    first.kill('SIGKILL');
    await untilDone(id, 160);
    second.kill('SIGKILL');
    await stack.startWorker();
    expect(await stack.runs.ended(id, 90_000)).toMatchObject({ status: 'succeeded' });
    await checkExactlyOnce(id, mark, { samples: 300, calls: 300, underWay: 20 });
  }, 180_000);

  it('of a council loses no sample, repeats no finished call, and comes to the score of an undisturbed run', async () => {
    const plan = planOf('council', ['simulated/alder', 'simulated/birch', 'simulated/cedar'], ['simulated/chair']);
    const subset = { seed: 'kills', percent: null, count: 30 };
    const mark = marker();
    const undisturbed = await stack.runs.start({ plan, benchmarks: ['conclave-mini'], subset, concurrency: 10, config: { system_prompt: mark } });
    await stack.runs.ended(undisturbed, 90_000);
    // The same prompts, so that the same answers come.
    const before = (await simulatedProvider().requests({ contains: mark })).length;
    const id = await stack.runs.start({ plan, benchmarks: ['conclave-mini'], subset, concurrency: 10, config: { system_prompt: mark } });
    const worker = await stack.startWorker();
    await untilDone(id, 8);
    worker.kill('SIGKILL');
    await stack.startWorker();
    expect(await stack.runs.ended(id, 120_000)).toMatchObject({ status: 'succeeded' });
    const answers = (run: string) => stack.runs.samples(run, 'ordinal, answer, verdict', 'ORDER BY ordinal');
    expect(await answers(id)).toEqual(await answers(undisturbed));
    await checkExactlyOnce(id, mark, { samples: 30, calls: 210, underWay: before + 30 });
  }, 240_000);
});

/** Stands between a worker and Temporal. After `cut` nothing that the worker says arrives any more, also nothing that it said before it died. */
async function cuttable(target: string): Promise<{ address: string; cut(): void; close(): void }> {
  const [host = '', port = ''] = target.split(':');
  const pairs: [Socket, Socket][] = [];
  const server = createServer((worker) => {
    const temporal = connect(Number(port), host);
    pairs.push([worker, temporal]);
    worker.pipe(temporal).pipe(worker);
    for (const [one, other] of [[worker, temporal], [temporal, worker]] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => { resolve(); }));
  return {
    address: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    cut: () => {
      for (const [worker, temporal] of pairs) worker.unpipe(temporal).pause();
      server.on('connection', (worker: Socket) => worker.destroy());
    },
    close: () => {
      server.close();
      for (const sockets of pairs) for (const socket of sockets) socket.destroy();
    },
  };
}

describe('a worker that dies between the ledger and Temporal', () => {
  it.each([
    { stage: 'propose', task: 'answer', atOnce: 9 },
    { stage: 'review', task: 'critiqueAndRanking', atOnce: 9 },
  ])('loses none of a council\'s calls of stage $stage: what is recorded is found, and not asked again', async ({ stage, task, atOnce }) => {
    await stack.killWorkers();
    const mark = marker();
    await simulatedProvider().rules({ effect: 'hold', contains: mark, task });
    const line = await cuttable(stack.temporalAddress);
    try {
      await stack.startWorker({ TEMPORAL_ADDRESS: line.address });
      const plan = planOf('council', ['simulated/alder', 'simulated/birch', 'simulated/cedar'], ['simulated/chair']);
      const id = await stack.runs.start({ plan, benchmarks: ['conclave-mini'], subset: { seed: mark, percent: null, count: 3 }, concurrency: 5, config: { system_prompt: mark } });
      await simulatedProvider().wait({ held: atOnce }, { contains: mark, task }, 120_000);
      line.cut();
      await simulatedProvider().release({ contains: mark, task });
      await until(`${String(atOnce)} recorded calls`, async () => (await stack.runs.calls(id, 'id', `AND stage = '${stage}' AND outcome = 'succeeded'`)).length === atOnce);
      await stack.killWorkers();
      await stack.startWorker();
      expect(await stack.runs.ended(id, 60_000)).toMatchObject({ status: 'succeeded' });
      await checkExactlyOnce(id, mark, { samples: 3, calls: 21, underWay: 0 });
    } finally {
      line.close();
    }
  }, 240_000);
});

describe('an api that dies between the row of a run and the signal', () => {
  /** Asks for it through an api whose words do not reach Temporal, and kills that api once the row knows. */
  async function askAndDie(id: string, action: 'cancel' | 'pause' | 'resume', body?: Record<string, unknown>): Promise<void> {
    const line = await cuttable(stack.temporalAddress);
    try {
      const api = await stack.startApi({ TEMPORAL_ADDRESS: line.address });
      line.cut();
      const asked = new RunClient(new ConclaveClient(api.url)).act(id, action, body).catch(() => undefined);
      await until(`the row to know of the ${action}`, async () => (await rowsOf(stack.databaseUrl, 'SELECT FROM runs WHERE id = $1 AND (cancel_requested_at IS NOT NULL OR steering = $2)', [id, action])).length === 1, 20_000, 20);
      api.kill('SIGKILL');
      await api.exited;
      await asked;
    } finally {
      line.close();
    }
  }

  it('loses no pause, no higher cap and no cancellation: another api sends them', async () => {
    await stack.killWorkers();
    await stack.startWorker();
    const mark = marker();
    await simulatedProvider().rules({ effect: 'hold', contains: mark });
    const first = await stack.startApi();
    const id = await new RunClient(new ConclaveClient(first.url)).start('openai/gpt-4o-mini', { concurrency: 1, token_cap: 1_000_000, config: { system_prompt: mark, max_tokens: 100 } });
    await simulatedProvider().wait({ held: 1 }, { contains: mark });
    await first.stop();

    await askAndDie(id, 'pause');
    const second = await stack.startApi();
    expect(await stack.runs.until(id, ['paused'])).toMatchObject({ reason: { code: 'user' } });
    await second.stop();

    await askAndDie(id, 'resume', { token_cap: 2_000_000 });
    const third = await stack.startApi();
    await stack.runs.until(id, ['running']);
    expect(await rowsOf(stack.databaseUrl, 'SELECT token_cap::integer AS cap FROM budgets WHERE id = $1', [`run/${id}`])).toEqual([{ cap: 2_000_000 }]);
    // Nothing is sent a second time once it was heard.
    await until('the row to be clear', async () => (await rowsOf(stack.databaseUrl, 'SELECT FROM runs WHERE id = $1 AND steering IS NULL', [id])).length === 1);
    await new RunClient(new ConclaveClient(third.url)).act(id, 'pause');
    await stack.runs.until(id, ['paused']);
    // Whoever stands still looks at no row.
    await simulatedProvider().releaseOnce({ contains: mark });
    await until('the benchmark to stand still', async () => (await stack.runs.client.workflow.getHandle(`run/${id}/conclave-mini`).describe()).status.name === 'COMPLETED');
    await third.stop();

    await askAndDie(id, 'cancel');
    await stack.startApi();
    expect(await stack.runs.ended(id)).toMatchObject({ status: 'canceled' });
  }, 180_000);
});

describe('a run by batch whose workers are killed', () => {
  /** Moments of such a run, as its rows tell them. */
  const moments = {
    'its samples are written': `SELECT 1 FROM run_benchmarks WHERE run_id = $1 AND sample_count IS NOT NULL`,
    'its batch exists': `SELECT 1 FROM batches WHERE metadata->>'run_id' = $1`,
    'a job is being created': `SELECT 1 FROM provider_jobs job JOIN batches batch ON batch.id = job.batch_id WHERE batch.metadata->>'run_id' = $1 AND job.create_started_at IS NOT NULL`,
    'first answers are recorded': `SELECT 1 FROM calls JOIN batches batch ON batch.id = calls.group_id WHERE batch.metadata->>'run_id' = $1 AND outcome = 'succeeded'`,
    'a later round is planned': `SELECT 1 FROM provider_jobs job JOIN batches batch ON batch.id = job.batch_id WHERE batch.metadata->>'run_id' = $1 AND job.round > 0`,
    'the last stage is asked': `SELECT 1 FROM batch_calls call JOIN batches batch ON batch.id = call.batch_id WHERE batch.metadata->>'run_id' = $1 AND call.key LIKE 'chairman/%'`,
    'items are decided': `SELECT 1 FROM batch_items item JOIN batches batch ON batch.id = item.batch_id WHERE batch.metadata->>'run_id' = $1 AND item.status = 'succeeded'`,
  };

  it.each([1])('at moments drawn from seed %i answers every sample once, makes no job twice and pays no call twice', async (seed) => {
    await stack.killWorkers();
    await stack.startWorker();
    const mark = marker();
    const plan = planOf('council', ['openai/gpt-4o-mini', 'anthropic/claude-sonnet-4-20250514', 'simulated/alder'], ['openai/gpt-4o']);
    const id = await stack.runs.start({ plan, provider: 'conclave', model: 'composite/council/gpt-4o', mode: 'batch', benchmarks: ['conclave-mini'], subset: { seed: mark, percent: null, count: 12 }, config: { system_prompt: mark } });
    for (const [name, sql] of Object.entries(moments).filter(([moment]) => seededUnit(seed, moment) < 0.5)) {
      await until(name, async () => (await rowsOf(stack.databaseUrl, `${sql} LIMIT 1`, [id])).length > 0, 60_000, 5);
      await stack.killWorkers();
      await stack.startWorker();
    }
    expect(await stack.runs.ended(id, 120_000)).toMatchObject({ status: 'succeeded' });
    expect(await stack.runs.samples(id, 'status, count(*)::integer AS count, count(DISTINCT batch_item_id)::integer AS items', 'GROUP BY 1')).toEqual([{ status: 'done', count: 12, items: 12 }]);
    const [calls] = await rowsOf<{ paid: number; once: number; byJob: number }>(
      stack.databaseUrl,
      `SELECT count(*)::integer AS paid, count(DISTINCT (completion_id, key))::integer AS once, count(*) FILTER (WHERE calls.mode = 'batch')::integer AS "byJob" FROM calls JOIN batches batch ON batch.id = calls.group_id WHERE batch.metadata->>'run_id' = $1 AND outcome = 'succeeded'`,
      [id],
    );
    const jobs = await simulatedProvider().jobs({ contains: mark });
    expect(jobs.length).toBeGreaterThan(2);
    // The provider's own count: every line of every job was asked for once. Members without a batch interface answer by calls, of which those under way at a kill are made again.
    expect(jobs.reduce((sum, { counts }) => sum + counts.succeeded, 0)).toBe(calls?.byJob);
    expect([calls?.once, calls?.paid]).toEqual([84, 84]);
  }, 240_000);
});
