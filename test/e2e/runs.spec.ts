import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RunDriver, planOf } from '../support/runs.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { stackAddresses } from '../support/stack.js';
import { until } from '../support/until.js';
import { marker } from '../support/marker.js';

let runs: RunDriver;
const part = (count: number, seed = 'conclave') => ({ seed, percent: null, count });
const plain = (model: string) => planOf('single', [model]);
const council = planOf('council', ['simulated/alder', 'simulated/birch', 'simulated/cedar'], ['simulated/chair']);
const counted = (id: string) => runs.samples<{ status: string; count: number }>(id, 'status, count(*)::integer AS count', 'GROUP BY 1 ORDER BY 1');

beforeAll(async () => {
  runs = await RunDriver.connect(stackAddresses());
});
afterAll(() => runs.close());

describe('a run of conclave-mini', () => {
  it('answers every sample of a plain model once, each with one recorded call', async () => {
    const id = await runs.start({ plan: plain('simulated/alder'), benchmarks: ['conclave-mini'] });
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded', reason: null });
    expect(await counted(id)).toEqual([{ status: 'done', count: 60 }]);
    expect(await runs.calls(id, 'count(*)::integer AS count, count(DISTINCT completion_id)::integer AS samples')).toEqual([{ count: 60, samples: 60 }]);
    const scored = await runs.samples<{ scored: boolean }>(id, 'bool_and(verdict IS NOT NULL AND scorer_version IS NOT NULL AND latency_ms IS NOT NULL) AS scored', '');
    expect(scored).toEqual([{ scored: true }]);
  });

  it('asks each item once an epoch, with the same prompt, and takes the same subset under the same seed', async () => {
    const [first, second] = await Promise.all([
      runs.start({ plan: plain('simulated/alder'), benchmarks: ['conclave-mini'], epochs: 3, subset: part(10) }),
      runs.start({ plan: plain('simulated/birch'), benchmarks: ['conclave-mini'], subset: part(20) }),
    ]);
    await Promise.all([runs.ended(first), runs.ended(second)]);
    expect(await runs.samples(first, 'count(*)::integer AS count, count(DISTINCT item_id)::integer AS items, count(DISTINCT request)::integer AS prompts', '')).toEqual([{ count: 30, items: 10, prompts: 10 }]);
    const items = async (id: string) => (await runs.samples<{ item_id: string }>(id, 'DISTINCT item_id', 'ORDER BY 1')).map((row) => row.item_id);
    const larger = await items(second);
    expect((await items(first)).every((item) => larger.includes(item))).toBe(true);
  });

  it('answers every sample of a council by its strategy, in place', async () => {
    const id = await runs.start({ plan: council, benchmarks: ['conclave-mini'], subset: part(12) });
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded' });
    expect(await counted(id)).toEqual([{ status: 'done', count: 12 }]);
    expect(await runs.calls(id, 'stage, count(*)::integer AS count', `AND outcome = 'succeeded' GROUP BY 1 ORDER BY 1`)).toEqual([{ stage: 'chairman', count: 12 }, { stage: 'propose', count: 36 }, { stage: 'review', count: 36 }]);
    const decided = await runs.samples<{ source: string; missing: number }>(id, `DISTINCT decision->>'source' AS source, jsonb_array_length(decision->'missing') AS missing`, '');
    expect(decided).toEqual([{ source: 'synthesis', missing: 0 }]);
  });

  it('answers by a batch, whose items hold the calls', async () => {
    const id = await runs.start({ plan: plain('openai/gpt-4o-mini'), provider: 'openai', model: 'gpt-4o-mini', benchmarks: ['conclave-mini'], mode: 'batch', subset: part(10, 'batch') });
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded' });
    expect(await runs.samples(id, 'status, count(*)::integer AS count, count(DISTINCT batch_item_id)::integer AS items', 'GROUP BY 1')).toEqual([{ status: 'done', count: 10, items: 10 }]);
  });
});

describe('errors of a run', () => {
  it('are a state of their own, do not fail the run, and are asked again by retryErrors, which pays nothing twice', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: '400', contains: mark, count: 4 });
    const id = await runs.start({ plan: plain('simulated/alder'), benchmarks: ['conclave-mini'], subset: part(30), config: { system_prompt: mark } });
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded' });
    const [, errors] = await counted(id);
    expect(errors).toMatchObject({ status: 'error', count: 4 });
    await runs.retryErrors(id);
    await until('the errors to be answered', async () => (await counted(id)).every(({ status }) => status === 'done') && (await runs.run(id)).status === 'succeeded');
    expect(await runs.calls(id, `count(*) FILTER (WHERE outcome = 'succeeded')::integer AS paid, count(*)::integer AS attempts`)).toEqual([{ paid: 30, attempts: 34 }]);
  });

  it('of every sample fail the benchmark, and a refused key ends it at once while other benchmarks go on', async () => {
    const id = await runs.start({ plan: plain('simulated/alder@fault=401'), benchmarks: ['conclave-mini'] });
    const { status, reason } = await runs.ended(id);
    expect([status, reason?.code]).toEqual(['failed', 'auth']);
    const none = await runs.start({ plan: plain('simulated/alder@fault=400'), benchmarks: ['conclave-mini'], subset: part(5) });
    expect((await runs.ended(none)).reason?.message).toContain('conclave-mini: failed (None of 5 samples could be answered');
  });

  it.each([
    { target: 'plain model', plan: plain('simulated/hazel') },
    { target: 'member of a council', plan: planOf('council', ['simulated/alder', 'simulated/hazel'], ['simulated/chair']) },
  ])('are none where a $target is out of order for as long as the knobs of conclave.yaml bear', async ({ plan }) => {
    const mark = marker();
    await simulatedProvider().rules({ effect: '503', model: 'hazel', contains: mark, count: 3 });
    const id = await runs.start({ plan, benchmarks: ['conclave-mini'], subset: part(1), config: { system_prompt: mark } });
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded' });
    expect(await counted(id)).toEqual([{ status: 'done', count: 1 }]);
    expect(await runs.calls(id, `count(*)::integer AS failed`, `AND failure_code = 'overloaded'`)).toEqual([{ failed: 3 }]);
    expect(await runs.samples(id, `coalesce(jsonb_array_length(decision->'missing'), 0) AS missing`, '')).toEqual([{ missing: 0 }]);
  });

  // Of providers that no other spec asks: what says 429 is slowed down for everybody.
  it.each([
    { target: 'plain model', plan: plain('cerebras/llama-3.3-70b') },
    { target: 'member of a council', plan: planOf('council', ['simulated/alder', 'simulated/birch', 'deepinfra/meta-llama/Llama-3.3-70B-Instruct'], ['simulated/chair']) },
  ])('are none where a $target says 429 again and again: the run pauses itself, says why, resumes by itself, and pays nothing twice', async ({ plan }) => {
    const mark = marker();
    const limited = plan.members.at(-1)?.label ?? '';
    await simulatedProvider().rules({ effect: '429', retryAfterSeconds: 0, provider: limited.slice(0, limited.indexOf('/')), contains: mark, count: 6 });
    const id = await runs.start({ plan, benchmarks: ['conclave-mini'], subset: part(1), config: { system_prompt: mark } });
    const { reason } = await runs.until(id, ['paused']);
    expect(reason).toEqual({ code: 'rate_limit', message: expect.stringContaining(`'${limited}' refuses more calls`) });
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded' });
    expect(await counted(id)).toEqual([{ status: 'done', count: 1 }]);
    expect(await runs.calls(id, 'count(*)::integer AS refused', `AND failure_code = 'rate_limit'`)).toEqual([{ refused: 6 }]);
    expect(await runs.calls(id, 'completion_id, key', `AND outcome = 'succeeded' GROUP BY 1, 2 HAVING count(*) > 1`)).toEqual([]);
    expect(await runs.samples(id, `coalesce(jsonb_array_length(decision->'missing'), 0) AS missing`, '')).toEqual([{ missing: 0 }]);
  });

  it('are none where a key of a council is refused: no sample is measured without that member', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: '401', provider: 'fireworks', contains: mark });
    const id = await runs.start({ plan: planOf('council', ['simulated/alder', 'simulated/birch', 'fireworks/llama'], ['simulated/chair']), benchmarks: ['conclave-mini'], subset: part(12), config: { system_prompt: mark }, concurrency: 2 });
    expect(await runs.ended(id)).toMatchObject({ status: 'failed', reason: { code: 'benchmark_failed', message: expect.stringContaining("'fireworks/llama' can't be called") } });
    expect(await counted(id)).toEqual([{ status: 'pending', count: 12 }]);
    expect(await simulatedProvider().requests({ contains: mark, provider: 'fireworks' })).toHaveLength(2);
  });

  it('of one benchmark do not stop the next: its data are missing, and the run says so', async () => {
    const id = await runs.start({ plan: plain('simulated/alder'), benchmarks: ['mmlu_pro_1000', 'conclave-mini'], subset: part(5) });
    expect(await runs.ended(id)).toMatchObject({ status: 'failed', reason: { code: 'needs_setup' } });
    expect((await runs.benchmarks(id)).map(({ status }) => status)).toEqual(['needs_setup', 'succeeded']);
  });
});

describe('a run that is steered', () => {
  it('stays canceled when it is canceled in its last benchmark, and makes no further call', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: 'slow', latencyMs: 1_000, contains: mark, count: 30 });
    const id = await runs.start({ plan: plain('simulated/birch'), benchmarks: ['conclave-mini'], concurrency: 4, config: { system_prompt: mark } });
    await simulatedProvider().wait({ requests: 5 }, { contains: mark });
    await runs.cancel(id);
    expect(await runs.ended(id)).toMatchObject({ status: 'canceled', reason: null });
    const asked = (await simulatedProvider().requests({ contains: mark })).length;
    expect(asked).toBeLessThan(20);
    expect((await counted(id)).map(({ status }) => status)).toContain('canceled');
    expect((await runs.benchmarks(id))[0]).toMatchObject({ status: 'failed', reason: { code: 'canceled' } });
    expect(await runs.state.reopen(id)).toBe(true);
    await runs.begin(id);
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded' });
    expect(await runs.calls(id, 'count(*)::integer AS count', `AND outcome = 'succeeded'`)).toEqual([{ count: 60 }]);
  });

  it('pauses, says so, and goes on where it was', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: 'hold', contains: mark, skip: 8 });
    const id = await runs.start({ plan: plain('simulated/cedar'), benchmarks: ['conclave-mini'], concurrency: 4, subset: part(24), config: { system_prompt: mark } });
    await simulatedProvider().wait({ held: 4 }, { contains: mark });
    await runs.signal(id, 'pause');
    expect(await runs.until(id, ['paused'])).toMatchObject({ reason: { code: 'user' } });
    await simulatedProvider().release({ contains: mark });
    await runs.signal(id, 'resume');
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded' });
    expect(await runs.calls(id, 'count(*)::integer AS count', `AND outcome = 'succeeded'`)).toEqual([{ count: 24 }]);
  });

  it.each([
    { target: 'plain model', plan: plain('openai/gpt-4o-mini'), samples: 40, cap: 3_000 },
    // Reviews name no limit: each may write as much as the model can, 16,384 tokens.
    { target: 'council', plan: planOf('council', ['openai/gpt-4o-mini', 'openai/gpt-4o'], ['openai/gpt-4o']), samples: 10, cap: 20_000 },
  ])('of a $target pauses at its token cap, never spends more, and goes on when it is raised', async ({ plan, samples, cap }) => {
    const id = await runs.start({ plan, benchmarks: ['conclave-mini'], subset: part(samples, 'caps'), caps: { nanoUsd: null, tokens: cap }, config: { max_tokens: 2_000 }, concurrency: 6 });
    expect(await runs.until(id, ['paused', 'succeeded', 'failed'])).toMatchObject({ status: 'paused', reason: { code: 'token_cap' } });
    expect((await runs.budget(id)).spent).toBeLessThanOrEqual(cap);
    await runs.raiseTokens(id, 10_000_000);
    await runs.signal(id, 'resume');
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded' });
    expect(await counted(id)).toEqual([{ status: 'done', count: samples }]);
    expect((await runs.budget(id)).reserved).toBe(0);
    expect(await runs.calls(id, 'completion_id, key', `AND outcome = 'succeeded' GROUP BY 1, 2 HAVING count(*) > 1`)).toEqual([]);
  });
});

describe('a panel of which one member can not be asked now', () => {
  const members = (own: string) => planOf('council', ['simulated/alder', 'simulated/birch', own], ['simulated/chair']);
  const stages = (id: string) => runs.calls(id, 'stage, count(*)::integer AS count', `AND outcome = 'succeeded' GROUP BY 1 ORDER BY 1`);
  const whole = (samples: number) => [{ stage: 'chairman', count: samples }, { stage: 'propose', count: 3 * samples }, { stage: 'review', count: 3 * samples }];
  const missing = (id: string) => runs.samples(id, `sum(jsonb_array_length(decision->'missing'))::integer AS missing`, '');

  it('asks nothing about the others while the cap keeps one out: it is heard when the cap is raised', async () => {
    // A proposal of gpt-4o may cost 0.02 USD, a review of gpt-4o-mini 0.01.
    const plan = planOf('council', ['openai/gpt-4o-mini', 'openai/gpt-4o-mini', 'openai/gpt-4o'], ['openai/gpt-4o-mini']);
    const id = await runs.start({ plan, benchmarks: ['conclave-mini'], subset: part(1, 'caps'), caps: { nanoUsd: 15_000_000, tokens: null }, config: { max_tokens: 2_000 }, concurrency: 1 });
    expect(await runs.until(id, ['paused', 'succeeded', 'failed'])).toMatchObject({ status: 'paused', reason: { code: 'cost_cap' } });
    expect(await stages(id)).toEqual([{ stage: 'propose', count: 2 }]);
    await runs.raiseCost(id, 10_000_000_000);
    await runs.signal(id, 'resume');
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded' });
    expect([await stages(id), await missing(id)]).toEqual([whole(1), [{ missing: 0 }]]);
  });

  it('is asked again where a run was canceled half-way, and so is what was said about the others without it', async () => {
    const name = `runs-${marker()}`;
    const mark = marker();
    await simulatedProvider().rules({ effect: '400', model: name, contains: mark, task: 'answer', count: 1 }, { effect: 'hold', contains: mark, task: 'synthesis' });
    const id = await runs.start({ plan: members(`simulated/${name}`), benchmarks: ['conclave-mini'], subset: part(1), config: { system_prompt: mark } });
    await simulatedProvider().wait({ held: 1 }, { contains: mark, task: 'synthesis' });
    const before = await stages(id);
    expect(before).toContainEqual({ stage: 'propose', count: 2 });
    await runs.cancel(id);
    await runs.ended(id);
    await simulatedProvider().release({ contains: mark });
    expect(await runs.state.reopen(id)).toBe(true);
    await runs.begin(id);
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded' });
    expect([await stages(id), await missing(id)]).toEqual([whole(1), [{ missing: 0 }]]);
    const [decided] = await runs.samples<{ ballots: number[] }>(id, `(SELECT jsonb_agg(jsonb_array_length(ballot->'order')) FROM jsonb_array_elements(decision->'ballots') ballot) AS ballots`, '');
    expect(decided?.ballots).toEqual([3, 3, 3]);
    // What the old reviews cost stays in the books.
    const given = await runs.calls<{ paid: boolean }>(id, 'output_tokens > 0 AS paid', `AND failure_code = 'superseded' AND stage = 'review'`);
    expect(given).toEqual(before.filter(({ stage }) => stage === 'review').flatMap(({ count }) => Array.from({ length: count as number }, () => ({ paid: true }))));
  });
});

describe('the output-token policy', () => {
  it('doubles the limit of truncated answers up to a ceiling, and records each change', async () => {
    const model = 'simulated/dogwood@fault=truncate';
    const id = await runs.start({ plan: plain(model), benchmarks: ['conclave-mini'], subset: part(3) });
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded' });
    const changes = await runs.samples<{ changes: { change: string; maxOutputTokens: number }[] }>(id, 'token_changes AS changes', '');
    for (const row of changes) expect(row.changes.map(({ change, maxOutputTokens }) => [change, maxOutputTokens])).toEqual([['doubled', 1_024], ['doubled', 2_048], ['doubled', 4_096]]);
    expect(await runs.calls(id, 'key, count(*)::integer AS count', 'GROUP BY 1 ORDER BY 1')).toEqual([0, 1, 2, 3].map((index) => ({ key: `answer/0/0/${String(index)}`, count: 3 })));
  });
});
