import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rowsOf } from '../support/database.js';
import { marker } from '../support/marker.js';
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
