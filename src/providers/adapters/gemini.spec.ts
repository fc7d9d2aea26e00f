import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { ask, fullRequest, question, withoutAddresses } from '../../../test/support/full-request.js';
import { answerWith, startProviderServer, type ProviderServer } from '../../../test/support/provider-server.js';
import type { Provider } from '../provider.js';
import { gemini } from './gemini.js';

const flash = 'gemini-2.5-flash';
// 20 spoken and 64 thought.
const usage = { inputTokens: 120, outputTokens: 84, cachedInputTokens: 64, reasoningTokens: 64 };

describe('gemini', () => {
  let server: ProviderServer;
  let provider: Provider;
  beforeAll(async () => {
    server = await startProviderServer();
    provider = gemini.create({ name: 'gemini', baseUrl: `${server.url}/v1beta`, apiKey: 'AIzaSecret', headers: {} });
  });
  beforeEach(() => void server.requests.splice(0));
  afterAll(() => server.stop());

  it('sends everything a request says and reads the answer, thoughts inside the output', async () => {
    server.respond(answerWith('gemini-generate'));
    const answer = await ask(provider, withoutAddresses(fullRequest(flash)));
    expect(server.requests[0]).toMatchObject({ path: `/v1beta/models/${flash}:generateContent`, headers: { 'x-goog-api-key': 'AIzaSecret' } });
    expect(server.requests[0]?.body).toEqual(JSON.parse(readFileSync('test/fixtures/providers/gemini-generate.request.json', 'utf8')));
    expect(answer).toMatchObject({
      text: 'It is sunny.',
      finishReason: 'stop',
      usage,
      droppedParameters: ['frequencyPenalty', 'image.detail', 'messages.name', 'parallelToolCalls', 'presencePenalty', 'verbosity'],
    });
  });

  it('reads tool calls and gives each an id', async () => {
    server.respond(answerWith('gemini-generate-tools'));
    const { toolCalls, finishReason } = await ask(provider, withoutAddresses(fullRequest(flash)));
    expect(finishReason).toBe('tool_calls');
    expect(toolCalls.map(({ name, argumentsJson }) => [name, JSON.parse(argumentsJson) as unknown])).toEqual([['get_weather', { city: 'Paris' }], ['get_weather', { city: 'Rome' }]]);
    expect(new Set(toolCalls.map(({ id }) => id)).size).toBe(2);
  });

  it('streams, and fails where the stream breaks off', async () => {
    const texts: string[] = [];
    server.respond(answerWith('gemini-stream'));
    expect(await ask(provider, question(flash), { texts })).toMatchObject({ text: 'It is sunny.', finishReason: 'stop', usage });
    expect(texts).toEqual(['It is', ' sunny.']);
    expect(server.requests[0]?.path).toBe(`/v1beta/models/${flash}:streamGenerateContent?alt=sse`);
    server.respond(answerWith('gemini-stream', { cutAfter: 1 }));
    await expect(ask(provider, question(flash), { texts: [] })).rejects.toMatchObject({ code: 'network' });
  });

  it('calls a blocked prompt and a blocked answer by their name', async () => {
    for (const fixture of ['gemini-blocked', 'gemini-safety']) {
      server.respond(answerWith(fixture));
      await expect(ask(provider, question(flash))).rejects.toMatchObject({ code: 'content_filter' });
    }
  });

  it('does not fetch an image for a model that takes no addresses', async () => {
    await expect(ask(provider, fullRequest('gemini-2.0-flash-001'))).rejects.toMatchObject({ code: 'unsupported_parameter', message: expect.stringContaining('image by address') });
    expect(server.requests).toHaveLength(0);
  });

  it('thinks by budget or level, by the generation of the model', async () => {
    server.respond(answerWith('gemini-generate'));
    for (const model of [flash, 'gemini-2.5-pro', 'gemini-3-pro-preview', 'gemini-2.0-flash']) await ask(provider, { ...question(model), sampling: { reasoningEffort: 'none' } });
    expect(server.requests.map(({ body }) => (body.generationConfig as Record<string, unknown>).thinkingConfig)).toEqual([{ thinkingBudget: 0 }, { thinkingBudget: 128 }, { thinkingLevel: 'low' }, undefined]);
  });
});
