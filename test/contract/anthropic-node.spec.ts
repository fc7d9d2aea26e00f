import Anthropic, { APIError, BadRequestError, NotFoundError } from '@anthropic-ai/sdk';
import { describe, expect, it } from '@jest/globals';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { stackAddresses } from '../support/stack.js';

const simulated = simulatedProvider();
const client = new Anthropic({ baseURL: stackAddresses().apiUrl, apiKey: 'unused' });
const ask = (mark: string, question = 'What is the capital of France?'): Anthropic.MessageParam[] => [{ role: 'user', content: `(${mark}) ${question}` }];
const weather: Anthropic.Tool = {
  name: 'get_weather', description: 'Weather of a city', input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const base = { model: 'panel/three', max_tokens: 500 };

describe('the official @anthropic-ai/sdk for Node', () => {
  it('creates a message', async () => {
    const message = await client.messages.create({ ...base, system: 'Be brief.', messages: ask(marker()) });
    expect(message.content[0]).toMatchObject({ type: 'text', text: expect.stringContaining('Paris') });
    expect(message.stop_reason).toBe('end_turn');
    expect(message._request_id).toBeTruthy();
  });

  it('streams through its helper', async () => {
    const message = await client.messages.stream({ ...base, messages: ask(marker()) }).finalMessage();
    expect(message.content[0]).toMatchObject({ type: 'text', text: expect.stringContaining('Paris') });
    expect(message.usage.output_tokens).toBeGreaterThan(0);
  });

  it('uses tools, streamed and not, and sends results back', async () => {
    const question = ask(marker(), 'What is the weather in Paris?');
    const streamed = await client.messages.stream({ ...base, messages: question, tools: [weather] }).finalMessage();
    const call = streamed.content.find((block) => block.type === 'tool_use')!;
    expect(call).toMatchObject({ name: 'get_weather', input: { city: 'Paris' } });
    expect(streamed.stop_reason).toBe('tool_use');
    const followUp = await client.messages.create({
      ...base, tools: [weather],
      messages: [...question, { role: 'assistant', content: streamed.content }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'Sunny' }] }],
    });
    expect(followUp.content[0]).toMatchObject({ type: 'text', text: expect.stringContaining('Sunny') });
  });

  it('counts tokens and lists models', async () => {
    expect((await client.messages.countTokens({ model: 'panel/three', messages: ask(marker()) })).input_tokens).toBeGreaterThan(5);
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toContain('trio');
  });

  it('raises the class that fits the error', async () => {
    await expect(client.messages.create({ ...base, model: 'nobody/knows-this', messages: ask(marker()) })).rejects.toBeInstanceOf(NotFoundError);
    await expect(client.messages.create({ ...base, max_tokens: 0, messages: ask(marker()) })).rejects.toBeInstanceOf(BadRequestError);
  });

  it('raises an error that comes after the headers of a stream, without a retry', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: '500' });
    await expect(client.messages.stream({ ...base, messages: ask(mark) }).finalMessage()).rejects.toBeInstanceOf(APIError);
    expect(await simulated.requests({ contains: mark })).toHaveLength(9);
  });
});
