import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { ask, fullRequest, question } from '../../../test/support/full-request.js';
import { answerWith, startProviderServer, type ProviderServer } from '../../../test/support/provider-server.js';
import type { Provider } from '../provider.js';
import { isReasoningModel, openai } from './openai.js';

const sent = (name: string): unknown => JSON.parse(readFileSync(`test/fixtures/providers/${name}.request.json`, 'utf8'));
const usage = { inputTokens: 120, outputTokens: 20, cachedInputTokens: 64, reasoningTokens: 0 };

describe('openai', () => {
  let server: ProviderServer;
  let provider: Provider;
  beforeAll(async () => {
    server = await startProviderServer();
    provider = openai.create({ name: 'openai', baseUrl: `${server.url}/v1`, apiKey: 'sk-secret', headers: {} });
  });
  beforeEach(() => void server.requests.splice(0));
  afterAll(() => server.stop());

  it('sends everything a request says to chat completions and reads the answer', async () => {
    server.respond(answerWith('openai-chat'));
    const answer = await ask(provider, fullRequest('gpt-4o-mini'));
    expect(server.requests[0]).toMatchObject({ method: 'POST', path: '/v1/chat/completions', body: sent('openai-chat'), headers: { authorization: 'Bearer sk-secret' } });
    expect(server.requests[0]?.body).toEqual(sent('openai-chat'));
    expect(answer).toEqual({
      text: 'It is sunny.',
      toolCalls: [],
      finishReason: 'stop',
      usage,
      responseId: 'chatcmpl-B9M',
      droppedParameters: ['messages.name', 'reasoningEffort', 'topK', 'verbosity'],
      firstTokenAt: null,
    });
  });

  it('sends a reasoning model to the Responses API, without what it refuses, and counts its reasoning inside the output', async () => {
    server.respond(answerWith('openai-responses'));
    const answer = await ask(provider, fullRequest('gpt-5'));
    expect(server.requests[0]?.path).toBe('/v1/responses');
    expect(server.requests[0]?.body).toEqual(sent('openai-responses'));
    expect(answer).toMatchObject({
      text: 'It is sunny.',
      reasoning: 'Thinking of weather.',
      finishReason: 'stop',
      usage: { inputTokens: 120, outputTokens: 84, cachedInputTokens: 64, reasoningTokens: 64 },
      droppedParameters: ['frequencyPenalty', 'messages.name', 'presencePenalty', 'seed', 'stop', 'temperature', 'topK', 'topP'],
    });
  });

  it('reads tool calls of both interfaces', async () => {
    server.respond(answerWith('openai-chat-tools'));
    expect(await ask(provider, fullRequest('gpt-4o-mini'))).toMatchObject({
      text: '',
      finishReason: 'tool_calls',
      toolCalls: [
        { id: 'call_1', name: 'get_weather', argumentsJson: '{"city":"Paris"}' },
        { id: 'call_2', name: 'get_weather', argumentsJson: '{"city":"Rome"}' },
      ],
    });
    server.respond(answerWith('openai-responses-tools'));
    expect(await ask(provider, fullRequest('o4-mini'))).toMatchObject({ finishReason: 'tool_calls', toolCalls: [{ id: 'call_1', name: 'get_weather', argumentsJson: '{"city":"Paris"}' }] });
  });

  it('tells a cut-off answer and a refusal as what they are', async () => {
    server.respond(answerWith('openai-responses-incomplete'));
    expect(await ask(provider, question('gpt-5-mini'))).toMatchObject({ text: 'It is', finishReason: 'length' });
    server.respond(answerWith('openai-chat-refusal'));
    expect(await ask(provider, question('gpt-4o-mini'))).toMatchObject({ text: "I can't help with that.", finishReason: 'content_filter' });
  });

  it('streams text and tool calls of chat completions', async () => {
    const texts: string[] = [];
    server.respond(answerWith('openai-chat-stream'));
    const answer = await ask(provider, question('gpt-4o-mini'), { texts });
    expect(server.requests[0]?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(texts).toEqual(['It is', ' sunny.']);
    expect(answer).toMatchObject({ text: 'It is sunny.', finishReason: 'stop', usage, responseId: 'chatcmpl-S1' });
    expect(answer.firstTokenAt).toBeGreaterThan(0);
    server.respond(answerWith('openai-chat-stream-tools'));
    expect(await ask(provider, fullRequest('gpt-4o-mini'), { texts: [] })).toMatchObject({
      finishReason: 'tool_calls',
      toolCalls: [
        { id: 'call_1', name: 'get_weather', argumentsJson: '{"city":"Paris"}' },
        { id: 'call_2', name: 'get_weather', argumentsJson: '{"city":"Rome"}' },
      ],
    });
  });

  it('streams the Responses API', async () => {
    const texts: string[] = [];
    server.respond(answerWith('openai-responses-stream'));
    const answer = await ask(provider, question('gpt-5'), { texts });
    expect(texts).toEqual(['It is', ' sunny.']);
    expect(answer).toMatchObject({ text: 'It is sunny.', finishReason: 'stop', usage: { inputTokens: 120, outputTokens: 84, cachedInputTokens: 64, reasoningTokens: 64 }, responseId: 'resp_67' });
  });

  it('fails where a stream breaks off, in the middle or before its end, and never gives half an answer', async () => {
    for (const [fixture, model] of [['openai-chat-stream', 'gpt-4o-mini'], ['openai-responses-stream', 'gpt-5']] as const) {
      server.respond(answerWith(fixture, { cutAfter: 2 }));
      await expect(ask(provider, question(model), { texts: [] })).rejects.toMatchObject({ name: 'ProviderFailure', code: 'network' });
    }
    server.respond((response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: {"id":"c","choices":[{"index":0,"delta":{"content":"half"}}]}\n\n'));
    await expect(ask(provider, question('gpt-4o-mini'), { texts: [] })).rejects.toMatchObject({ code: 'network' });
    server.respond(answerWith('openai-chat-stream-error'));
    await expect(ask(provider, question('gpt-4o-mini'), { texts: [] })).rejects.toMatchObject({ code: 'server_error' });
  });

  it('takes a reasoning effort only from the list', async () => {
    await expect(ask(provider, { ...question('gpt-5'), sampling: { reasoningEffort: 'enormous' } })).rejects.toMatchObject({ code: 'unsupported_parameter', message: expect.stringContaining("reasoningEffort 'enormous'") });
    expect(server.requests).toHaveLength(0);
  });

  it('knows reasoning models by their prefix', () => {
    expect(['gpt-5', 'gpt-5.1-codex', 'o1-pro', 'o3-mini', 'o4-mini', 'gpt-6-sol'].filter((model) => !isReasoningModel(model))).toEqual([]);
    expect(['gpt-4o-mini', 'gpt-4.1', 'gpt-3.5-turbo', 'chatgpt-4o-latest', 'gpt-5-search-api', 'omni'].filter(isReasoningModel)).toEqual([]);
  });
});
