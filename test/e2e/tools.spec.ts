import { describe, expect, it } from '@jest/globals';
import { conclave } from '../support/conclave-client.js';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';

const members = ['simulated/alder', 'simulated/birch', 'simulated/cedar'];
const api = conclave();
const simulated = simulatedProvider();
const weather = {
  type: 'function',
  function: { name: 'get_weather', description: 'Weather of a city', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
};
const question = (mark: string) => ({ role: 'user', content: `(${mark}) What is the weather in Paris?` });

describe('tool calls', () => {
  it('the chairman calls, the client gets the call, the follow-up goes to the acting model only', async () => {
    const mark = marker();
    const body = { model: 'composite/council/simulated/chair', council_models: members, tools: [weather] };
    const first = await api.chat({ ...body, messages: [question(mark)] });
    expect(first.status).toBe(200);
    expect(first.json.choices[0].finish_reason).toBe('tool_calls');
    const message = first.json.choices[0].message;
    expect(message.tool_calls).toEqual([{ id: expect.any(String), type: 'function', function: { name: 'get_weather', arguments: expect.stringContaining('Paris') } }]);

    const before = (await simulated.requests({ contains: mark })).length;
    const second = await api.chat({
      ...body,
      messages: [question(mark), message, { role: 'tool', tool_call_id: message.tool_calls[0].id, content: 'Sunny, 21 degrees' }],
    });
    expect(second.status).toBe(200);
    expect(second.json.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: expect.stringContaining('Sunny, 21 degrees') } });
    const after = (await simulated.requests({ contains: mark })).slice(before);
    expect(after.map((request) => request.model)).toEqual(['chair']);
  });

  it('the winner’s calls are returned verbatim where there is no final model', async () => {
    const mark = marker();
    const answer = await api.chat({ model: 'panel/quick', tools: [weather], messages: [question(mark)] });
    expect(answer.status).toBe(200);
    expect(answer.json.choices[0].finish_reason).toBe('tool_calls');
    expect(answer.json.choices[0].message.tool_calls[0].function.name).toBe('get_weather');
  });

  it('a result that belongs to no call of ours convenes the panel', async () => {
    const mark = marker();
    const foreign = { id: 'call_from_elsewhere', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } };
    const answer = await api.chat({
      model: 'composite/council/simulated/chair',
      council_models: members,
      tools: [weather],
      messages: [question(mark), { role: 'assistant', content: null, tool_calls: [foreign] }, { role: 'tool', tool_call_id: foreign.id, content: 'Rain' }],
    });
    expect(answer.status).toBe(200);
    expect((await simulated.requests({ contains: mark })).length).toBeGreaterThan(3);
  });

  it('streams tool calls with an index, the name once and the arguments in pieces', async () => {
    const mark = marker();
    const answer = await api.stream({ model: 'simulated/chair', tools: [weather], messages: [question(mark)] });
    const deltas = answer.chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
    expect(deltas.length).toBeGreaterThan(0);
    expect(deltas.every((delta) => delta.index === 0)).toBe(true);
    expect(deltas.filter((delta) => delta.id).length).toBe(1);
    expect(JSON.parse(deltas.map((delta) => delta.function?.arguments ?? '').join(''))).toEqual({ city: 'Paris' });
    expect(answer.chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean)).toEqual(['tool_calls']);
  });

  it('works for every wire format of the providers', async () => {
    for (const model of ['openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5', 'gemini/gemini-2.5-flash', 'openai/gpt-5-mini']) {
      const mark = marker();
      const first = await api.chat({ model, tools: [weather], messages: [question(mark)] });
      expect([model, first.status]).toEqual([model, 200]);
      const message = first.json.choices[0].message;
      const second = await api.chat({ model, tools: [weather], messages: [question(mark), message, { role: 'tool', tool_call_id: message.tool_calls[0].id, content: 'Snow' }] });
      expect([model, second.json.choices?.[0].message.content]).toEqual([model, expect.stringContaining('Snow')]);
    }
  });
});
