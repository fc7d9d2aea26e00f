import { describe, expect, it } from '@jest/globals';
import { ask, conclave } from '../support/conclave-client.js';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';

const members = ['simulated/alder', 'simulated/birch', 'simulated/cedar'];
const api = conclave();
const simulated = simulatedProvider();
const format = {
  type: 'json_schema',
  json_schema: { name: 'capital', strict: true, schema: { type: 'object', properties: { capital: { type: 'string' } }, required: ['capital'], additionalProperties: false } },
};
const council = { model: 'composite/council/simulated/chair', council_models: members, response_format: format };

describe('response_format json_schema', () => {
  it('gives JSON that fits the schema', async () => {
    const answer = await api.chat({ ...council, messages: ask(marker()) });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.json.choices[0].message.content)).toEqual({ capital: expect.any(String) });
  });

  it('a chairman who leaves the schema is asked once more', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, model: 'chair', effect: 'answer', text: 'The capital is Paris.', count: 1 });
    const answer = await api.chat({ ...council, messages: ask(mark) });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.json.choices[0].message.content)).toEqual({ capital: expect.any(String) });
    expect(await simulated.requests({ contains: mark, model: 'chair' })).toHaveLength(2);
  });

  it('a candidate that leaves the schema cannot win', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, model: 'alder', task: 'answer', effect: 'answer', text: 'no JSON at all' });
    const answer = await api.chat({ model: 'panel/quick', response_format: format, messages: ask(mark) });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.json.choices[0].message.content)).toEqual({ capital: expect.any(String) });
  });

  it('is buffered when streamed: what arrives is valid as a whole', async () => {
    const answer = await api.stream({ ...council, messages: ask(marker()) });
    expect(answer.isDone).toBe(true);
    expect(JSON.parse(answer.text)).toEqual({ capital: expect.any(String) });
  });
});
