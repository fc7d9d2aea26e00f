import Anthropic from '@anthropic-ai/sdk';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createGroq } from '@ai-sdk/groq';
import { createOpenAI } from '@ai-sdk/openai';
import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { startSimulatedProvider, type SimulatedProvider } from './simulated-provider.js';

let provider: SimulatedProvider;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  provider = await startSimulatedProvider({ port: 0 });
  openai = new OpenAI({ baseURL: `${provider.url}/openai/v1`, apiKey: 'key', maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: `${provider.url}/anthropic`, apiKey: 'key', maxRetries: 0 });
});
afterEach(() => {
  provider.reset();
});
afterAll(async () => {
  await provider.stop();
});

const model = 'sure@skill=1';
const messages = [{ role: 'user' as const, content: 'What is 17*23?' }];
const weather = {
  name: 'get_weather', description: 'Current weather of a city',
  parameters: { type: 'object' as const, properties: { city: { type: 'string' as const } }, required: ['city'], additionalProperties: false },
};
const schema = { type: 'object' as const, properties: { answer: { type: 'integer' as const } }, required: ['answer'], additionalProperties: false };

describe('the official OpenAI client', () => {
  it('gets an answer with usage, and the same one again', async () => {
    const answers = await Promise.all([1, 2].map(() => openai.chat.completions.create({ model, messages })));
    expect(answers[0]?.choices[0]?.message.content).toContain('391');
    expect(answers[0]?.choices).toEqual(answers[1]?.choices);
    expect(answers[0]?.usage?.total_tokens).toBe((answers[0]?.usage?.prompt_tokens ?? 0) + (answers[0]?.usage?.completion_tokens ?? 0));
  });

  it('streams text and, when asked, usage; both as in the whole answer', async () => {
    const whole = await openai.chat.completions.create({ model, messages });
    const stream = openai.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(final.usage).toEqual(whole.usage);
    const chunks = [];
    for await (const chunk of await openai.chat.completions.create({ model, messages, stream: true })) chunks.push(chunk);
    expect(chunks.every((chunk) => chunk.choices.length === 1)).toBe(true);
  });

  it('gets tool calls, whole and streamed, and an answer from their results', async () => {
    const request = { model, messages: [{ role: 'user' as const, content: 'What is the weather in Paris and Rome?' }], tools: [{ type: 'function' as const, function: weather }] };
    const whole = (await openai.chat.completions.create(request)).choices[0];
    const streamed = (await openai.chat.completions.stream(request).finalChatCompletion()).choices[0];
    expect(whole?.finish_reason).toBe('tool_calls');
    const argumentsOf = (calls: OpenAI.ChatCompletionMessageToolCall[] | undefined): string[] => (calls ?? []).map((call) => ('function' in call ? call.function.arguments : ''));
    expect(argumentsOf(whole?.message.tool_calls)).toEqual(['{"city":"Paris"}', '{"city":"Rome"}']);
    expect(argumentsOf(streamed?.message.tool_calls)).toEqual(argumentsOf(whole?.message.tool_calls));
    if (!whole) throw new Error('no choice');
    const results = (whole.message.tool_calls ?? []).map((call) => ({ role: 'tool' as const, tool_call_id: call.id, content: 'sunny' }));
    const after = await openai.chat.completions.create({ ...request, messages: [...request.messages, whole.message, ...results] });
    expect(after.choices[0]?.message.content).toBe('According to the tools: sunny; sunny');
  });

  it('gets JSON that conforms to a schema, several choices, and images are seen', async () => {
    const conforming = await openai.chat.completions.create({ model, messages, response_format: { type: 'json_schema', json_schema: { name: 'result', schema } } });
    expect(JSON.parse(conforming.choices[0]?.message.content ?? '')).toEqual({ answer: 391 });
    expect((await openai.chat.completions.create({ model, messages, n: 3 })).choices).toHaveLength(3);
    const image = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AAAA' } };
    const seen = await openai.chat.completions.create({ model, messages: [{ role: 'user', content: [{ type: 'text', text: 'Describe this' }, image] }] });
    expect(seen.choices[0]?.message.content).toContain('the image you sent');
  });

  it('speaks Responses, whole and streamed', async () => {
    const whole = await openai.responses.create({ model, input: 'What is 17*23?' });
    expect(whole.output_text).toContain('391');
    let text = '';
    for await (const event of await openai.responses.create({ model, input: 'What is 17*23?', stream: true })) {
      if (event.type === 'response.output_text.delta') text += event.delta;
      if (event.type === 'response.completed') expect(event.response.usage).toEqual(whole.usage);
    }
    expect(text).toBe(whole.output_text);
  });

  it('lists models', async () => {
    expect((await openai.models.list()).data.map((entry) => entry.id)).toContain('gpt-4o-mini');
  });
});

describe('the official Anthropic client', () => {
  it('gets an answer, whole and streamed, with the usage the other formats give', async () => {
    const whole = await anthropic.messages.create({ model, max_tokens: 100, messages });
    const streamed = await anthropic.messages.stream({ model, max_tokens: 100, messages }).finalMessage();
    const chat = await openai.chat.completions.create({ model, messages });
    expect(streamed.content).toEqual(whole.content);
    expect(whole.content[0]).toMatchObject({ type: 'text', text: chat.choices[0]?.message.content });
    expect([whole.usage.input_tokens, whole.usage.output_tokens]).toEqual([chat.usage?.prompt_tokens, chat.usage?.completion_tokens]);
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens);
  });

  it('gets tool use, whole and streamed, and counts tokens', async () => {
    const request = {
      model, max_tokens: 100, messages: [{ role: 'user' as const, content: 'What is the weather in Paris?' }],
      tools: [{ name: weather.name, description: weather.description, input_schema: weather.parameters }],
    };
    const whole = await anthropic.messages.create(request);
    expect(whole.stop_reason).toBe('tool_use');
    expect(whole.content[0]).toMatchObject({ type: 'tool_use', name: 'get_weather', input: { city: 'Paris' } });
    expect((await anthropic.messages.stream(request).finalMessage()).content).toEqual(whole.content);
    expect((await anthropic.messages.countTokens({ model, messages })).input_tokens).toBeGreaterThan(0);
    expect((await anthropic.models.list()).data[0]?.id).toContain('claude');
  });
});

async function streamOf(languageModel: LanguageModelV3, options: LanguageModelV3CallOptions): Promise<{ text: string; toolInputs: string[]; finish: Extract<LanguageModelV3StreamPart, { type: 'finish' }> | null }> {
  const collected = { text: '', toolInputs: [] as string[], finish: null as Extract<LanguageModelV3StreamPart, { type: 'finish' }> | null };
  for await (const part of (await languageModel.doStream(options)).stream) {
    if (part.type === 'error') throw new Error(String(part.error));
    if (part.type === 'text-delta') collected.text += part.delta;
    if (part.type === 'tool-call') collected.toolInputs.push(part.input);
    if (part.type === 'finish') collected.finish = part;
  }
  return collected;
}

describe.each<[string, (url: string) => LanguageModelV3]>([
  ['openai.chat', (url) => createOpenAI({ baseURL: `${url}/openai/v1`, apiKey: 'k' }).chat(model)],
  ['openai.responses', (url) => createOpenAI({ baseURL: `${url}/openai/v1`, apiKey: 'k' }).responses(model)],
  ['anthropic', (url) => createAnthropic({ baseURL: `${url}/anthropic/v1`, apiKey: 'k' })(model)],
  ['google', (url) => createGoogleGenerativeAI({ baseURL: `${url}/gemini/v1beta`, apiKey: 'k' })(model)],
  ['groq', (url) => createGroq({ baseURL: `${url}/groq/v1`, apiKey: 'k' })(model)],
])('the AI SDK model %s', (_name, create) => {
  const ask = (text: string): LanguageModelV3CallOptions => ({ prompt: [{ role: 'user', content: [{ type: 'text', text }] }] });
  const tools: LanguageModelV3CallOptions['tools'] = [{ type: 'function', name: weather.name, description: weather.description, inputSchema: weather.parameters }];

  it('generates and streams the same text with the same usage', async () => {
    const languageModel = create(provider.url);
    const whole = await languageModel.doGenerate(ask('What is 17*23?'));
    const text = whole.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
    expect(text).toContain('391');
    expect(whole.finishReason.unified).toBe('stop');
    expect(whole.usage.inputTokens.total).toBe(8);
    const streamed = await streamOf(languageModel, ask('What is 17*23?'));
    expect(streamed.text).toBe(text);
    expect(streamed.finish?.usage.outputTokens.total).toBe(whole.usage.outputTokens.total);
    expect(streamed.finish?.usage.inputTokens.total).toBe(8);
  });

  it('calls tools, whole and streamed', async () => {
    const languageModel = create(provider.url);
    const options = { ...ask('What is the weather in Paris?'), tools };
    const whole = await languageModel.doGenerate(options);
    expect(whole.content.find((part) => part.type === 'tool-call')).toMatchObject({ toolName: 'get_weather', input: '{"city":"Paris"}' });
    expect(whole.finishReason.unified).toBe('tool-calls');
    expect((await streamOf(languageModel, options)).toolInputs).toEqual(['{"city":"Paris"}']);
  });

  it('gives JSON of the wanted schema', async () => {
    const whole = await create(provider.url).doGenerate({ ...ask('What is 17*23?'), responseFormat: { type: 'json', schema, name: 'result' } });
    expect(JSON.parse(whole.content.map((part) => (part.type === 'text' ? part.text : '')).join(''))).toEqual({ answer: 391 });
  });
});

describe('faults on demand', () => {
  const chat = (name: string, stream = false): Promise<Response> =>
    fetch(`${provider.url}/openai/v1/chat/completions`, { method: 'POST', body: JSON.stringify({ model: name, messages, stream }), signal: AbortSignal.timeout(5_000) });

  it('sends status codes with the body each provider uses, by model name and by rule', async () => {
    const limited = await chat('m@fault=429,retry_after=7');
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
    provider.control({ rules: [{ effect: '529', provider: 'anthropic', count: 1 }] });
    await expect(anthropic.messages.create({ model, max_tokens: 10, messages })).rejects.toMatchObject({ status: 529, error: { error: { type: 'overloaded_error' } } });
    await expect(anthropic.messages.create({ model, max_tokens: 10, messages })).resolves.toBeDefined();
    expect(await (await chat('m@fault=context_length')).json()).toMatchObject({ error: { code: 'context_length_exceeded' } });
    const gemini = await fetch(`${provider.url}/gemini/v1beta/models/x@fault=503:generateContent`, { method: 'POST', body: '{"contents":[{"parts":[{"text":"hi"}]}]}' });
    expect([gemini.status, await gemini.json()]).toMatchObject([503, { error: { status: 'UNAVAILABLE' } }]);
  });

  it('cuts, breaks and disguises answers', async () => {
    await expect(chat('m@fault=network')).rejects.toThrow();
    await expect((await chat('m@fault=cut')).text()).rejects.toThrow();
    await expect((await chat('m@fault=cut', true)).text()).rejects.toThrow();
    await expect((await chat('m@fault=malformed_json')).json()).rejects.toThrow();
    expect((await chat('m@fault=content_type')).headers.get('content-type')).toBe('text/html');
    expect(await (await chat('m@fault=stream_error', true)).text()).toContain('"error":');
    expect(await (await chat('m@fault=empty')).json()).toMatchObject({ choices: [{ message: { content: '' }, finish_reason: 'stop' }] });
    expect(await (await chat('m@fault=truncate')).json()).toMatchObject({ choices: [{ finish_reason: 'length' }] });
  });

  it('hangs until the client leaves, before headers and in mid-stream', async () => {
    for (const [name, stream] of [['m@fault=hang', false], ['m@fault=hang_stream', true]] as const) {
      const abort = new AbortController();
      const reading = fetch(`${provider.url}/openai/v1/chat/completions`, { method: 'POST', body: JSON.stringify({ model: name, messages, stream }), signal: abort.signal }).then((response) => response.text());
      await provider.wait({ requests: 1, match: { model: name } });
      abort.abort();
      await expect(reading).rejects.toThrow();
    }
    expect(await provider.wait({ requests: 2 })).toBe(true);
  });

  it('holds requests until they are released, and only those meant', async () => {
    provider.control({ rules: [{ effect: 'hold', model: 'held' }] });
    const held = chat('held');
    expect((await chat('free')).status).toBe(200);
    await provider.wait({ held: 1 });
    expect(provider.stats().held).toBe(1);
    expect(provider.control({ release: { model: 'held' } }).released).toBe(1);
    expect((await held).status).toBe(200);
    expect((await chat('held')).status).toBe(200);
  });

  it('refuses keys that say they are invalid, and bodies that are', async () => {
    await expect(new OpenAI({ baseURL: `${provider.url}/openai/v1`, apiKey: 'invalid-key', maxRetries: 0 }).chat.completions.create({ model, messages })).rejects.toMatchObject({ status: 401 });
    const broken = await fetch(`${provider.url}/anthropic/v1/messages`, { method: 'POST', body: '{' });
    expect([broken.status, await broken.json()]).toMatchObject([400, { type: 'error', error: { type: 'invalid_request_error' } }]);
  });
});

describe('figures', () => {
  it('counts by provider, model and body, and shows requests without their keys', async () => {
    await Promise.all([1, 2].map(() => openai.chat.completions.create({ model, messages })));
    await openai.chat.completions.create({ model: 'm@fault=500', messages }).catch(() => undefined);
    const stats = provider.stats();
    expect(stats).toMatchObject({ requests: 3, answered: 2, providers: { openai: { requests: 3, answered: 2 } }, repeated: [{ answered: 2, last: 2, model }] });
    const [request] = provider.requests({ model: 'sure', limit: 1 });
    expect(request).toMatchObject({ body: { model, messages }, outcome: 'answered', task: 'answer' });
    expect(request?.headers.authorization).toBe('redacted');
    expect(JSON.stringify(provider.requests())).not.toContain('Bearer key');
  });

  it('keeps to the latency and speed of a model', async () => {
    const startedAt = performance.now();
    await openai.chat.completions.create({ model: 'm@latency=60,tps=1000', messages });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(60);
  });

  it('serves its controls over HTTP and names the fault of a bad command', async () => {
    const post = (body: unknown): Promise<Response> => fetch(`${provider.url}/control`, { method: 'POST', body: JSON.stringify(body) });
    expect((await post({ rules: [{ effect: 'no such' }] })).status).toBe(400);
    expect(await (await post({ defaults: { answer: 'fixed' }, recorded: [{ question: 'Q?', answer: 'A!' }] })).json()).toMatchObject({ defaults: { answer: 'fixed' } });
    const recorded = await openai.chat.completions.create({ model, messages: [{ role: 'user', content: 'Q?' }] });
    expect(recorded.choices[0]?.message.content).toBe('A!');
    expect(await (await fetch(`${provider.url}/wait?answered=1&timeout=1000`)).json()).toEqual({ reached: true });
    expect((await fetch(`${provider.url}/wait?answered=2&timeout=20`)).status).toBe(408);
    await fetch(`${provider.url}/reset`, { method: 'POST' });
    expect(await (await fetch(`${provider.url}/stats`)).json()).toMatchObject({ requests: 0 });
  });
});
