import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RunDriver, planOf } from '../support/runs.js';
import { stackAddresses } from '../support/stack.js';

let runs: RunDriver;

beforeAll(async () => {
  runs = await RunDriver.connect(stackAddresses());
});
afterAll(() => runs.close());

describe('a run of conclave-mini', () => {
  it('answers every sample of a plain model once, each with one recorded call, and ends with the prompts and hashes it measured', async () => {
    const id = await runs.start({ plan: planOf('single', ['simulated/alder']), benchmarks: ['conclave-mini'] });
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded', reason: null });
    expect(await runs.samples(id, 'status, count(*)::integer AS count', 'GROUP BY 1')).toEqual([{ status: 'done', count: 60 }]);
    expect(await runs.calls(id, 'count(*)::integer AS count, count(DISTINCT completion_id)::integer AS samples')).toEqual([{ count: 60, samples: 60 }]);
    const correct = await runs.samples(id, 'count(*)::integer AS count', `AND verdict = 'correct'`);
    expect(correct[0]?.count).toBeGreaterThan(10);
  });

  it('answers every sample of a council by its strategy', async () => {
    const members = ['simulated/alder', 'simulated/birch', 'simulated/cedar'];
    const id = await runs.start({ plan: planOf('council', members, ['simulated/chair']), benchmarks: ['conclave-mini'], subset: { seed: 'conclave', percent: null, count: 12 } });
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded' });
    expect(await runs.samples(id, 'status, count(*)::integer AS count', 'GROUP BY 1')).toEqual([{ status: 'done', count: 12 }]);
    expect(await runs.calls(id, 'stage, count(*)::integer AS count', `AND outcome = 'succeeded' GROUP BY 1 ORDER BY 1`)).toEqual([{ stage: 'chairman', count: 12 }, { stage: 'propose', count: 36 }, { stage: 'review', count: 36 }]);
  });

  it('answers by a batch', async () => {
    const id = await runs.start({ plan: planOf('single', ['openai/gpt-4o-mini']), benchmarks: ['conclave-mini'], mode: 'batch', subset: { seed: 'conclave', percent: null, count: 10 } });
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded' });
    expect(await runs.samples(id, 'status, count(*)::integer AS count, count(DISTINCT batch_item_id)::integer AS items', 'GROUP BY 1')).toEqual([{ status: 'done', count: 10, items: 10 }]);
  });
});
