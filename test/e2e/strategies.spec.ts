import { describe, expect, it } from '@jest/globals';
import { ask, conclave } from '../support/conclave-client.js';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';

const members = ['simulated/alder', 'simulated/birch', 'simulated/cedar'];
const api = conclave();
const simulated = simulatedProvider();

/** Requests of a completion by what they ask for, such as `{ answer: 3, ranking: 3 }`. */
async function tasksOf(mark: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const request of await simulated.requests({ contains: mark })) counts[request.task] = (counts[request.task] ?? 0) + 1;
  return counts;
}

describe('each strategy answers through the whole product', () => {
  it('single: one durable call', async () => {
    const mark = marker();
    const answer = await api.chat({ model: 'simulated/alder', messages: ask(mark) });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      object: 'chat.completion',
      model: 'simulated/alder',
      choices: [{ index: 0, message: { role: 'assistant', refusal: null }, logprobs: null, finish_reason: 'stop' }],
      conclave: { strategy: 'single', calls: 1, degraded: false, missing: [] },
    });
    expect(answer.json.id).toMatch(/^chatcmpl-/);
    expect(await tasksOf(mark)).toEqual({ answer: 1 });
  });

  it('approve: every model answers and votes on all answers', async () => {
    const mark = marker();
    const answer = await api.chat({ model: 'trio', messages: ask(mark) });
    expect(answer.status).toBe(200);
    expect(answer.json.id).toMatch(/^trio-/);
    expect(answer.json.choices[0].message.content).toContain('Paris');
    expect(await tasksOf(mark)).toEqual({ answer: 3, approve: 3 });
  });

  it('vote: the plurality of extracted answers', async () => {
    const mark = marker();
    const answer = await api.chat({ model: 'composite/vote/simulated/alder', proposers: members, messages: ask(mark, 'What is 17 * 23?') });
    expect(answer.status).toBe(200);
    expect(answer.json.choices[0].message.content).toContain('391');
    expect(answer.json.conclave).toMatchObject({ strategy: 'vote' });
  });

  it('rank: reviewers rank the answers of the others, the winner is returned verbatim', async () => {
    const mark = marker();
    const answer = await api.chat({ model: 'panel/quick', messages: ask(mark) });
    expect(answer.status).toBe(200);
    expect(await tasksOf(mark)).toEqual({ answer: 3, ranking: 3 });
    const proposals = (await simulated.requests({ contains: mark })).filter((request) => request.task === 'answer');
    expect(proposals.map((request) => request.answer)).toContain(answer.json.choices[0].message.content);
  });

  it('council: opinions, anonymous review, chairman', async () => {
    const mark = marker();
    const answer = await api.chat({ model: 'composite/council/simulated/chair', council_models: members, messages: ask(mark) });
    expect(answer.status).toBe(200);
    expect(answer.json.conclave).toMatchObject({ strategy: 'council', calls: 7, degraded: false });
    expect(await tasksOf(mark)).toEqual({ answer: 3, critiqueAndRanking: 3, synthesis: 1 });
    expect(answer.json.choices[0].message.content).toContain('Paris');
  });

  it('moa: layers of proposers, then the aggregator', async () => {
    const mark = marker();
    const answer = await api.chat({ model: 'composite/moa/simulated/chair', proposers: members, layers: 2, messages: ask(mark) });
    expect(answer.status).toBe(200);
    expect(answer.json.conclave).toMatchObject({ strategy: 'moa', calls: 7 });
    expect(await tasksOf(mark)).toEqual({ answer: 3, synthesis: 4 });
  });

  it('moa with self: one model sampled several times', async () => {
    const mark = marker();
    const answer = await api.chat({ model: 'composite/moa/simulated/chair', self: true, samples: 3, messages: ask(mark) });
    expect(answer.status).toBe(200);
    const requests = await simulated.requests({ contains: mark });
    expect(new Set(requests.map((request) => request.model))).toEqual(new Set(['chair']));
    expect(requests).toHaveLength(4);
  });

  it('fuse: a judge analyses, a writer writes', async () => {
    const mark = marker();
    const answer = await api.chat({ model: 'composite/fuse/simulated/chair', proposers: members, messages: ask(mark) });
    expect(answer.status).toBe(200);
    expect(answer.json.conclave).toMatchObject({ strategy: 'fuse', calls: 5 });
    expect(await tasksOf(mark)).toEqual({ answer: 3, analysis: 1, synthesis: 1 });
  });

  it('a panel of panels runs in one completion', async () => {
    const mark = marker();
    const answer = await api.chat({ model: 'panel/nested', messages: ask(mark) });
    expect(answer.status).toBe(200);
    expect(answer.json.choices[0].message.content).toContain('Paris');
    const models = new Set((await simulated.requests({ contains: mark })).map((request) => request.model));
    expect(models).toEqual(new Set(['alder', 'birch', 'cedar', 'dogwood', 'elm', 'chair']));
  });

  it('the default panel answers as gremium-consensus, over all three wire formats', async () => {
    const mark = marker();
    const answer = await api.chat({ model: 'gremium-consensus', messages: ask(mark) });
    expect(answer.status).toBe(200);
    expect(answer.json.conclave).toMatchObject({ strategy: 'council', simulated: true });
    const providers = new Set((await simulated.requests({ contains: mark })).map((request) => request.provider));
    expect(providers).toEqual(new Set(['openai', 'anthropic', 'gemini']));
  });

  it('returns the n best answers where candidates compete, and refuses n elsewhere', async () => {
    const best = await api.chat({ model: 'panel/quick', n: 2, messages: ask(marker()) });
    expect(best.status).toBe(200);
    expect(best.json.choices.map((choice: { index: number }) => choice.index)).toEqual([0, 1]);
    const refused = await api.chat({ model: 'panel/three', n: 2, messages: ask(marker()) });
    expect(refused.status).toBe(400);
    expect(refused.json.error).toMatchObject({ type: 'invalid_request_error', param: 'n' });
  });

  it('the same ballots and seed give the same winner again', async () => {
    const winners = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const answer = await api.chat({ model: 'panel/quick', conclave: { seed: 42 }, messages: ask('mark-deterministic') , user: `round ${round}` });
      winners.add(answer.json.choices[0].message.content);
    }
    expect(winners.size).toBe(1);
  });
});
