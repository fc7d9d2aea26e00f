import { describe, expect, it } from '@jest/globals';
import { ask, conclave } from '../support/conclave-client.js';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';

const members = ['simulated/alder', 'simulated/birch', 'simulated/cedar'];
const api = conclave();
const simulated = simulatedProvider();
const sampling = { temperature: 0.37, max_tokens: 77, seed: 1234, top_p: 0.9, stop: ['STOPHERE'] };
const tools = [{ type: 'function', function: { name: 'get_stock_price', description: 'Price of a share', parameters: { type: 'object', properties: { ticker: { type: 'string' } } } } }];

interface OpenAiBody {
  temperature?: number;
  max_tokens?: number;
  max_completion_tokens?: number;
  seed?: number;
  stop?: string[];
  tools?: unknown[];
  messages: { role: string; content: unknown }[];
}

describe('parameters arrive at the right calls', () => {
  it('sampling goes to proposals and chairman, not to reviews', async () => {
    const mark = marker();
    const answer = await api.chat({ model: 'composite/council/simulated/chair', council_models: members, messages: ask(mark), ...sampling });
    expect(answer.status).toBe(200);
    for (const request of await simulated.requests({ contains: mark })) {
      const body = request.body as OpenAiBody;
      if (request.task === 'critiqueAndRanking') {
        expect(body.temperature).not.toBe(0.37);
        expect(body.stop).toBeUndefined();
      } else {
        expect(body).toMatchObject({ temperature: 0.37, seed: 1234, stop: ['STOPHERE'] });
        expect(body.max_completion_tokens ?? body.max_tokens).toBe(77);
      }
    }
  });

  it('tools go to the final model only', async () => {
    const mark = marker();
    await api.chat({ model: 'composite/council/simulated/chair', council_models: members, messages: ask(mark), tools });
    const requests = await simulated.requests({ contains: mark });
    expect(requests.filter((request) => (request.body as OpenAiBody).tools).map((request) => request.task)).toEqual(['synthesis']);
  });

  it('where a strategy has no final model the members get the tools', async () => {
    const mark = marker();
    await api.chat({ model: 'panel/quick', messages: ask(mark), tools });
    const requests = await simulated.requests({ contains: mark });
    expect(requests.filter((request) => (request.body as OpenAiBody).tools).map((request) => request.task)).toEqual(['answer', 'answer', 'answer']);
  });

  it("a member's own temperature wins over the request's", async () => {
    const mark = marker();
    await api.chat({
      model: 'composite/moa/simulated/chair',
      proposers: ['simulated/alder', { model: 'simulated/birch', temperature: 1.5 }],
      messages: ask(mark),
      temperature: 0.2,
    });
    const proposals = (await simulated.requests({ contains: mark })).filter((request) => request.task === 'answer');
    expect(Object.fromEntries(proposals.map((request) => [request.model, (request.body as OpenAiBody).temperature]))).toEqual({ alder: 0.2, birch: 1.5 });
  });

  it('parameters inside optional_params work as at the top level', async () => {
    const mark = marker();
    const answer = await api.chat({ model: 'composite/council/simulated/chair', optional_params: { council_models: members.slice(0, 2) }, messages: ask(mark) });
    expect(answer.status).toBe(200);
    expect(new Set((await simulated.requests({ contains: mark })).map((request) => request.model))).toEqual(new Set(['alder', 'birch', 'chair']));
  });

  it('images reach every member of every wire format, and nothing is fetched', async () => {
    const mark = marker();
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==' } };
    const answer = await api.chat({
      model: 'gremium-consensus',
      messages: [{ role: 'user', content: [{ type: 'text', text: `(${mark}) What is in the picture?` }, image] }],
    });
    expect(answer.status).toBe(200);
    const proposals = (await simulated.requests({ contains: mark })).filter((request) => request.task === 'answer');
    expect(proposals).toHaveLength(3);
    for (const proposal of proposals) expect(JSON.stringify(proposal.body)).toContain('iVBORw0KGgo');
  });

  it('a conversation of instructions alone is asked of every wire format', async () => {
    const mark = marker();
    const answer = await api.chat({ model: 'gremium-consensus', messages: [{ role: 'system', content: `(${mark}) What is the capital of France?` }] });
    expect([answer.status, answer.json.conclave?.degraded]).toEqual([200, false]);
    expect((await simulated.requests({ contains: mark })).filter((request) => request.status !== 200)).toEqual([]);
  });

  it('conversations keep their roles', async () => {
    const mark = marker();
    await api.chat({
      model: 'simulated/alder',
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: `(${mark}) Hello` },
        { role: 'assistant', content: 'Hello!' },
        ...ask(mark),
      ],
    });
    const [request] = await simulated.requests({ contains: mark });
    const { messages } = request!.body as OpenAiBody;
    expect(messages.map((message) => message.role)).toEqual([expect.stringMatching(/system|developer/), 'user', 'assistant', 'user']);
  });
});
