import { describe, expect, it } from '@jest/globals';
import { ask, conclave } from '../support/conclave-client.js';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';

// Names that occur in no prompt by chance.
const names = ['xylophone-7', 'quagga-9', 'zeppelin-3'];
const members = names.map((name) => `simulated/${name}`);
const chair = 'simulated/chair-okapi';
const api = conclave();
const simulated = simulatedProvider();

const requests: [string, Record<string, unknown>][] = [
  ['approve', { model: 'trio', conclave: { members } }],
  ['rank', { model: `composite/rank/${members[0]!}`, proposers: members }],
  ['council', { model: `composite/council/${chair}`, council_models: members }],
  ['moa', { model: `composite/moa/${chair}`, proposers: members, layers: 2 }],
  ['fuse', { model: `composite/fuse/${chair}`, proposers: members }],
];

describe('anonymity, on the requests that went out', () => {
  it.each(requests)('%s: no model ever reads the name of another', async (_, body) => {
    const mark = marker();
    const answer = await api.chat({ ...body, messages: ask(mark) });
    expect(answer.status).toBe(200);
    const later = (await simulated.requests({ contains: mark })).filter((request) => request.task !== 'answer');
    expect(later.length).toBeGreaterThan(0);
    for (const request of later) {
      const said = JSON.stringify((request.body as { messages: unknown }).messages);
      for (const name of [...names, 'okapi', 'simulated/']) expect(said).not.toContain(name);
    }
  });

  it('council: every reviewer reads the answers in an order of its own, as "Assistant n"', async () => {
    const mark = marker();
    await simulated.rules(...names.map((model, index) => ({ contains: mark, model, task: 'answer', effect: 'answer' as const, text: `Paris, says voice ${index}.` })));
    await api.chat({ model: `composite/council/${chair}`, council_models: members, messages: ask(mark) });
    const reviews = (await simulated.requests({ contains: mark })).filter((request) => request.task === 'critiqueAndRanking');
    expect(reviews).toHaveLength(3);
    const orders = reviews.map((review) => orderOfAnswers(JSON.stringify((review.body as { messages: unknown }).messages)));
    for (const order of orders) expect(order).toHaveLength(3);
    expect(new Set(orders.map((order) => order[0])).size).toBe(3);
  });

  it('rank: nobody ranks an answer of its own', async () => {
    const mark = marker();
    await simulated.rules(...names.map((model, index) => ({ contains: mark, model, task: 'answer', effect: 'answer' as const, text: `Paris, says voice ${index}.` })));
    await api.chat({ model: `composite/rank/${members[0]!}`, proposers: members, messages: ask(mark) });
    const all = await simulated.requests({ contains: mark });
    for (const ranking of all.filter((request) => request.task === 'ranking')) {
      const own = all.find((request) => request.task === 'answer' && request.model === ranking.model);
      const said = JSON.stringify((ranking.body as { messages: unknown }).messages);
      expect(orderOfAnswers(said)).toHaveLength(2);
      expect(said).not.toContain(JSON.stringify(own!.answer).slice(1, -1));
    }
  });
});

/** First lines of the shown answers, in the order shown. */
function orderOfAnswers(said: string): string[] {
  return [...said.matchAll(/\[\[Assistant \d+ [0-9a-z]+\]\]\\n(.*?)\\n\[\[end /g)].map((match) => match[1]!);
}
