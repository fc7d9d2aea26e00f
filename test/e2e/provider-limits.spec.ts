import { describe, expect, it } from '@jest/globals';
import { BatchClient } from '../support/batch-client.js';
import { ask, conclave } from '../support/conclave-client.js';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { until } from '../support/until.js';

const api = conclave();
const simulated = simulatedProvider();

interface LimitsEntry {
  provider: string;
  state: string;
  models: { model: string; limits: Record<string, { limit: number; used: number } | null> }[];
}

const limitsOf = async (model: string) => {
  const { json } = await api.get('/api/providers/limits');
  const entry = (json.data as LimitsEntry[]).find(({ provider }) => provider === 'simulated');
  return { entry, limits: entry?.models.find((other) => other.model === model)?.limits };
};

// The limits are those of test/fixtures/conclave.yaml.
describe('limits of a provider', () => {
  it('calls wait for a place, one after the other, and all are answered', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: 'hold' });
    const answers = [1, 2, 3].map(() => api.chat({ model: 'simulated/narrow', messages: ask(mark) }));
    await simulated.wait({ held: 1 }, { contains: mark });
    await until('it is in use', async () => (await limitsOf('narrow')).limits?.['concurrent']?.used === 1);
    expect(await simulated.requests({ contains: mark })).toHaveLength(1);
    await simulated.releaseOnce({ contains: mark });
    await simulated.wait({ requests: 2, held: 1 }, { contains: mark });
    await simulated.release({ contains: mark });
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await simulated.requests({ contains: mark })).toHaveLength(3);
    await until('it is free', async () => (await limitsOf('narrow')).limits?.['concurrent']?.used === 0);
  });

  it('what can not be sent in time is not sent, and says which limit it was and where to raise it', async () => {
    const mark = marker();
    const answers = [];
    for (let index = 0; index < 3; index += 1) answers.push(await api.chat({ model: 'simulated/seldom', messages: ask(mark), conclave: { deadline_ms: 4_000 } }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 502]);
    expect(answers[2]!.json.error.code).toBe('upstream_error');
    expect(answers[2]!.json.error.message).toMatch(/2 requests a minute \(requests_per_minute\).*provider_limits/);
    expect(await simulated.requests({ contains: mark })).toHaveLength(2);
    const { entry, limits } = await limitsOf('seldom');
    expect(entry?.state).toBeDefined();
    expect(limits).toMatchObject({ requests_per_minute: { limit: 2, used: 2 }, tokens_per_minute: null });
  });

  it('a model has no more jobs at its provider than it may have, and other models do not wait for it', async () => {
    const mark = marker();
    const batches = new BatchClient(api);
    await simulated.rules({ effect: 'job_hold', contains: mark });
    const start = (model: string) => batches.start(model, [`(${mark}) What is 2 * 3?`]);
    const ids = await Promise.all([start('openai/gpt-5-nano'), start('openai/gpt-5-nano'), start('openai/gpt-4o')]);
    const [first, second, other] = ids;
    await batches.until(other, ['running']);
    const running = await until('the first of the model', async () => {
      const views = await Promise.all([first, second].map((id) => batches.read(id)));
      return views.find(({ jobs }) => jobs.some(({ reference }) => reference !== null));
    });
    const { json } = await api.get('/api/providers/limits');
    const openai = (json.data as LimitsEntry[]).find(({ provider }) => provider === 'openai');
    expect(openai?.models.find(({ model }) => model === 'gpt-5-nano')?.limits).toMatchObject({ max_inflight_batches: { limit: 1, used: 1 } });
    expect(await simulated.jobs({ contains: mark })).toHaveLength(2);
    await simulated.release({ contains: mark });
    for (const id of ids) expect((await batches.ended(id)).counts).toMatchObject({ succeeded: 1 });
    expect(await simulated.jobs({ contains: mark })).toHaveLength(3);
    expect([first, second]).toContain(running.id);
  });

  it('a panel goes on without the member that has no place', async () => {
    const mark = marker();
    const council = { model: 'composite/council/simulated/chair', council_models: ['simulated/alder', 'simulated/birch', 'simulated/scarce'], messages: ask(mark), conclave: { deadline_ms: 10_000 } };
    expect((await api.chat({ model: 'simulated/scarce', messages: ask(mark) })).status).toBe(200);
    const answer = await api.chat(council);
    expect(answer.status).toBe(200);
    expect(answer.json.conclave.degraded).toBe(true);
    expect(JSON.stringify(answer.json.conclave.missing)).toContain('scarce');
  });
});
