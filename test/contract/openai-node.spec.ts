import { describe, expect, it } from '@jest/globals';
import OpenAI, { APIError, BadRequestError, InternalServerError, NotFoundError, UnprocessableEntityError } from 'openai';
import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources/chat/completions';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { stackAddresses } from '../support/stack.js';

const simulated = simulatedProvider();
const client = new OpenAI({ baseURL: `${stackAddresses().apiUrl}/v1`, apiKey: 'unused' });
const ask = (mark: string, question = 'What is the capital of France?'): ChatCompletionMessageParam[] => [{ role: 'user', content: `(${mark}) ${question}` }];
const weather: ChatCompletionTool = {
  type: 'function',
  function: { name: 'get_weather', description: 'Weather of a city', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
};

describe('the official openai client for Node', () => {
  it('completes', async () => {
    const completion = await client.chat.completions.create({ model: 'panel/three', messages: ask(marker()) });
    expect(completion.choices[0]!.message.content).toContain('Paris');
    expect(completion.usage!.total_tokens).toBeGreaterThan(0);
    expect(completion._request_id).toBeTruthy();
  });

  it('streams, naively: every chunk has a choice', async () => {
    let text = '';
    for await (const chunk of await client.chat.completions.create({ model: 'panel/three', messages: ask(marker()), stream: true })) {
      text += chunk.choices[0]!.delta.content ?? '';
    }
    expect(text).toContain('Paris');
  });

  it('streams through its helper, with usage', async () => {
    const stream = client.chat.completions.stream({ model: 'panel/three', messages: ask(marker()), stream_options: { include_usage: true } });
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0]!.message.content).toContain('Paris');
    expect(completion.choices[0]!.finish_reason).toBe('stop');
    expect((await stream.totalUsage()).total_tokens).toBeGreaterThan(0);
  });

  it('calls tools, streamed and not, and sends results back', async () => {
    const question = ask(marker(), 'What is the weather in Paris?');
    const plain = await client.chat.completions.create({ model: 'panel/three', messages: question, tools: [weather] });
    expect(plain.choices[0]!.message.tool_calls).toHaveLength(1);
    const streamed = await client.chat.completions.stream({ model: 'panel/three', messages: ask(marker(), 'What is the weather in Paris?'), tools: [weather] }).finalChatCompletion();
    const call = streamed.choices[0]!.message.tool_calls![0]!;
    expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather' } });
    const first = plain.choices[0]!.message;
    const followUp = await client.chat.completions.create({
      model: 'panel/three', tools: [weather], messages: [...question, first, { role: 'tool', tool_call_id: first.tool_calls![0]!.id, content: 'Sunny' }],
    });
    expect(followUp.choices[0]!.message.content).toContain('Sunny');
  });

  it('runs a whole tool loop with runTools', async () => {
    const runner = client.chat.completions.runTools({
      model: 'panel/three',
      messages: ask(marker(), 'What is the weather in Paris?'),
      tools: [{ type: 'function', function: { name: 'get_weather', description: 'Weather of a city', parameters: { type: 'object', properties: { city: { type: 'string' } } }, function: () => 'Hail', parse: JSON.parse } }],
    });
    expect(await runner.finalContent()).toContain('Hail');
  });

  it('parses structured output', async () => {
    const completion = await client.chat.completions.parse({
      model: 'panel/three',
      messages: ask(marker()),
      response_format: { type: 'json_schema', json_schema: { name: 'capital', strict: true, schema: { type: 'object', properties: { capital: { type: 'string' } }, required: ['capital'], additionalProperties: false } } },
    });
    expect(JSON.parse(completion.choices[0]!.message.content!)).toEqual({ capital: expect.any(String) });
  });

  it('raises the class that fits the error', async () => {
    await expect(client.chat.completions.create({ model: 'nobody/knows-this', messages: ask(marker()) })).rejects.toBeInstanceOf(NotFoundError);
    await expect(client.chat.completions.create({ model: 'panel/three', messages: ask(marker()), temperature: 99 })).rejects.toBeInstanceOf(BadRequestError);
    const headers = { 'idempotency-key': marker() };
    await client.chat.completions.create({ model: 'simulated/alder', messages: ask('mark-first') }, { headers });
    await expect(client.chat.completions.create({ model: 'simulated/alder', messages: ask('mark-second') }, { headers })).rejects.toBeInstanceOf(UnprocessableEntityError);
  });

  it('does not retry what would fail again: quorum not reached is one request', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: '500' });
    const failure = await client.chat.completions.create({ model: 'panel/three', messages: ask(mark) }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InternalServerError);
    expect(failure).toMatchObject({ status: 503, code: 'quorum_not_reached' });
    expect(await simulated.requests({ contains: mark })).toHaveLength(9);
  });

  it('raises an error that comes after the headers of a stream', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: '500' });
    const read = async (): Promise<void> => {
      for await (const _ of await client.chat.completions.create({ model: 'panel/three', messages: ask(mark), stream: true }));
    };
    await expect(read()).rejects.toBeInstanceOf(APIError);
  });

  it('lists and retrieves models, slash included', async () => {
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toContain('trio');
    expect((await client.models.retrieve('panel/three')).id).toBe('panel/three');
  });

  it('reads a stored completion', async () => {
    const completion = await client.chat.completions.create({ model: 'simulated/alder', messages: ask(marker()) });
    expect((await client.chat.completions.retrieve(completion.id)).choices[0]!.message.content).toBe(completion.choices[0]!.message.content);
  });
});
