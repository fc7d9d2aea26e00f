import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { ask, fullRequest, question } from '../../test/support/full-request.js';
import { answerWith, startProviderServer, type ProviderServer } from '../../test/support/provider-server.js';
import { cerebras } from './adapters/cerebras.js';
import { together } from './adapters/together.js';
import { openAiCompatible } from './openai-compatible.js';
import type { ProviderAdapter } from './provider-adapter.js';

describe('openAiCompatible', () => {
  let server: ProviderServer;
  const connect = (adapter: ProviderAdapter, headers: Record<string, string> = {}, apiKey: string | null = 'secret') => adapter.create({ name: adapter.name, baseUrl: `${server.url}/v1`, apiKey, headers });
  beforeAll(async () => {
    server = await startProviderServer();
  });
  beforeEach(() => void server.requests.splice(0));
  afterAll(() => server.stop());

  it('sends everything a request says and reads the answer; reasoning counted beside the output is added to it', async () => {
    server.respond(answerWith('compatible-chat'));
    const answer = await ask(connect(together), fullRequest('meta-llama/Llama-3.3-70B-Instruct-Turbo'));
    expect(server.requests[0]).toMatchObject({ path: '/v1/chat/completions', headers: { authorization: 'Bearer secret' } });
    expect(server.requests[0]?.body).toEqual(JSON.parse(readFileSync('test/fixtures/providers/compatible-chat.request.json', 'utf8')));
    expect(answer).toMatchObject({
      text: 'It is sunny.',
      reasoning: 'Thinking of weather.',
      finishReason: 'stop',
      usage: { inputTokens: 120, outputTokens: 84, cachedInputTokens: 0, reasoningTokens: 64 },
      droppedParameters: ['image.detail'],
    });
  });

  it('streams with usage, and fails where the stream breaks off', async () => {
    const texts: string[] = [];
    server.respond(answerWith('compatible-chat-stream'));
    expect(await ask(connect(together), question('m'), { texts })).toMatchObject({ text: 'It is sunny.', usage: { inputTokens: 120, outputTokens: 20 } });
    expect(texts).toEqual(['It is', ' sunny.']);
    server.respond(answerWith('compatible-chat-stream', { cutAfter: 2 }));
    await expect(ask(connect(together), question('m'), { texts: [] })).rejects.toMatchObject({ code: 'network' });
  });

  it('leaves out what a server refuses by rule, and says so', async () => {
    server.respond(answerWith('compatible-chat'));
    const { droppedParameters } = await ask(connect(cerebras), fullRequest('llama-3.3-70b'));
    expect(droppedParameters).toEqual(['frequencyPenalty', 'image.detail', 'presencePenalty', 'topK']);
    expect(Object.keys(server.requests[0]?.body ?? {})).not.toEqual(expect.arrayContaining(['presence_penalty']));
  });

  it("calls one of conclave.yaml with its own headers, without a key, whatever its name", async () => {
    server.respond(answerWith('compatible-chat'));
    await ask(connect(openAiCompatible({ name: 'my.server' }), { 'x-tenant': 'a' }, null), { ...question('m'), tools: [{ name: 'f', parameters: {} }], parallelToolCalls: false });
    expect(server.requests[0]).toMatchObject({ headers: { 'x-tenant': 'a' }, body: { parallel_tool_calls: false } });
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('sends audio in the form of the wire and refuses what it has no form for', async () => {
    server.respond(answerWith('compatible-chat'));
    const audio = (mediaType: string) => ({ ...question('m'), messages: [{ role: 'user' as const, content: [{ type: 'audio' as const, data: 'aGVsbG8=', mediaType }] }] });
    await ask(connect(together), audio('audio/wav'));
    expect(server.requests[0]?.body.messages).toEqual([{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'aGVsbG8=', format: 'wav' } }] }]);
    await expect(ask(connect(together), audio('audio/ogg'))).rejects.toMatchObject({ code: 'unsupported_parameter' });
  });
});
