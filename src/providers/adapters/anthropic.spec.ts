import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { ask, fullRequest, question } from '../../../test/support/full-request.js';
import { answerWith, startProviderServer, type ProviderServer } from '../../../test/support/provider-server.js';
import type { Provider } from '../provider.js';
import { anthropic } from './anthropic.js';

const sonnet = 'claude-sonnet-4-20250514';
// 56 fresh, 10 written to the cache, 64 read from it: all of them input.
const usage = { inputTokens: 130, outputTokens: 20, cachedInputTokens: 64, reasoningTokens: 0 };

describe('anthropic', () => {
  let server: ProviderServer;
  let provider: Provider;
  beforeAll(async () => {
    server = await startProviderServer();
    provider = anthropic.create({ name: 'anthropic', baseUrl: `${server.url}/v1`, apiKey: 'sk-ant-secret', headers: {} });
  });
  beforeEach(() => void server.requests.splice(0));
  afterAll(() => server.stop());

  it('sends everything a request says and reads the answer, cached tokens inside the input', async () => {
    server.respond(answerWith('anthropic-message'));
    const answer = await ask(provider, fullRequest(sonnet));
    expect(server.requests[0]).toMatchObject({ path: '/v1/messages', headers: { 'x-api-key': 'sk-ant-secret', 'anthropic-version': '2023-06-01' } });
    expect(server.requests[0]?.body).toEqual(JSON.parse(readFileSync('test/fixtures/providers/anthropic-message.request.json', 'utf8')));
    expect(answer).toMatchObject({ text: 'It is sunny.', finishReason: 'stop', usage, responseId: 'msg_01X' });
    expect(answer.droppedParameters).toEqual(expect.arrayContaining(['frequencyPenalty', 'image.detail', 'messages.name', 'presencePenalty', 'reasoningEffort', 'seed', 'toolChoice', 'topP', 'verbosity']));
  });

  it("asks for the model's whole output where the request sets no limit", async () => {
    server.respond(answerWith('anthropic-message'));
    await ask(provider, question(sonnet));
    await ask(provider, question('claude-3-haiku-20240307'));
    const informed = anthropic.create({ name: 'anthropic', baseUrl: `${server.url}/v1`, apiKey: 'k', headers: {}, outputLimit: () => 8_192 });
    await ask(informed, question('claude-3-7-sonnet-20250219'));
    await ask(informed, { ...question('claude-3-7-sonnet-20250219'), sampling: { reasoningEffort: 'low' } });
    await ask(informed, { ...question('claude-3-7-sonnet-20250219'), sampling: { maxOutputTokens: 100 } });
    expect(server.requests.map(({ body }) => body.max_tokens)).toEqual([64_000, 4_096, 8_192, 8_192, 100]);
  });

  it('thinks by budget or effort where the model can, and says so where it can not', async () => {
    server.respond(answerWith('anthropic-message'));
    const thinking = (model: string) => ask(provider, { ...question(model), sampling: { reasoningEffort: 'medium', maxOutputTokens: 1_000 } });
    await thinking(sonnet);
    await thinking('claude-opus-4-6');
    expect((await thinking('claude-3-5-haiku-20241022')).droppedParameters).toEqual(['reasoningEffort']);
    expect(server.requests.map(({ body }) => [body.thinking, body.output_config, body.max_tokens])).toEqual([
      [{ type: 'enabled', budget_tokens: 4_096 }, undefined, 5_096],
      [undefined, { effort: 'medium' }, 1_000],
      [undefined, undefined, 1_000],
    ]);
  });

  it('reads tool calls, streams text and streams tool calls', async () => {
    server.respond(answerWith('anthropic-message-tools'));
    expect(await ask(provider, { ...fullRequest(sonnet), responseFormat: { type: 'text' } })).toMatchObject({
      text: 'Let me look.',
      finishReason: 'tool_calls',
      toolCalls: [
        { id: 'toolu_1', name: 'get_weather', argumentsJson: '{"city":"Paris"}' },
        { id: 'toolu_2', name: 'get_weather', argumentsJson: '{"city":"Rome"}' },
      ],
    });
    const texts: string[] = [];
    server.respond(answerWith('anthropic-stream'));
    expect(await ask(provider, question(sonnet), { texts })).toMatchObject({ text: 'It is sunny.', finishReason: 'stop', usage, responseId: 'msg_01Z' });
    expect(texts).toEqual(['It is', ' sunny.']);
    server.respond(answerWith('anthropic-stream-tools'));
    const answer = await ask(provider, { ...fullRequest(sonnet), responseFormat: { type: 'text' } }, { texts: [] });
    expect(answer).toMatchObject({ finishReason: 'tool_calls', toolCalls: [{ id: 'toolu_1', name: 'get_weather' }] });
    expect(JSON.parse(answer.toolCalls[0]!.argumentsJson)).toEqual({ city: 'Paris' });
  });

  it('fails where a stream breaks off or ends with an error', async () => {
    server.respond(answerWith('anthropic-stream', { cutAfter: 4 }));
    await expect(ask(provider, question(sonnet), { texts: [] })).rejects.toMatchObject({ code: 'network' });
    server.respond(answerWith('anthropic-stream-error'));
    await expect(ask(provider, question(sonnet), { texts: [] })).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('tells earlier tool calls as text in a request without tools, which the vendor would refuse', async () => {
    server.respond(answerWith('anthropic-message'));
    const { tools: _tools, toolChoice: _choice, ...request } = fullRequest(sonnet);
    await ask(provider, { ...request, responseFormat: { type: 'text' } });
    expect(server.requests[0]?.body.tools).toBeUndefined();
    expect(JSON.stringify(server.requests[0]?.body.messages)).not.toMatch(/tool_use|tool_result/);
    expect(JSON.stringify(server.requests[0]?.body.messages)).toContain('[Result of get_weather]');
  });

  it('refuses audio, which the vendor does not take, without a call', async () => {
    const request = { ...question(sonnet), messages: [{ role: 'user' as const, content: [{ type: 'audio' as const, data: 'aGVsbG8=', mediaType: 'audio/wav' }] }] };
    await expect(ask(provider, request)).rejects.toMatchObject({ code: 'unsupported_parameter', message: expect.stringContaining('audio/wav') });
    expect(server.requests).toHaveLength(0);
  });
});
