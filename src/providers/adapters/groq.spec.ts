import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { ask, fullRequest, question } from '../../../test/support/full-request.js';
import { answerWith, startProviderServer, type ProviderServer } from '../../../test/support/provider-server.js';
import type { Provider } from '../provider.js';
import { groq } from './groq.js';

describe('groq', () => {
  let server: ProviderServer;
  let provider: Provider;
  beforeAll(async () => {
    server = await startProviderServer();
    provider = groq.create({ name: 'groq', baseUrl: `${server.url}/openai/v1`, apiKey: 'gsk_secret', headers: {} });
  });
  afterAll(() => server.stop());

  it('sends everything a request says and reads the answer with its reasoning', async () => {
    server.respond(answerWith('groq-chat'));
    const answer = await ask(provider, fullRequest('openai/gpt-oss-20b'));
    expect(server.requests[0]?.path).toBe('/openai/v1/chat/completions');
    expect(server.requests[0]?.body).toEqual(JSON.parse(readFileSync('test/fixtures/providers/groq-chat.request.json', 'utf8')));
    expect(answer).toMatchObject({
      text: 'It is sunny.',
      reasoning: 'Thinking of weather.',
      usage: { inputTokens: 120, outputTokens: 84, cachedInputTokens: 64, reasoningTokens: 64 },
      droppedParameters: ['image.detail', 'messages.name', 'topK', 'verbosity'],
    });
  });

  it("reads a stream's usage from its own field", async () => {
    const texts: string[] = [];
    server.respond(answerWith('groq-chat-stream'));
    expect(await ask(provider, question('llama-3.3-70b-versatile'), { texts })).toMatchObject({
      text: 'It is sunny.',
      finishReason: 'stop',
      usage: { inputTokens: 120, outputTokens: 20, cachedInputTokens: 64, reasoningTokens: 0 },
    });
    expect(texts).toEqual(['It is', ' sunny.']);
  });

  it('fails where a stream breaks off', async () => {
    server.respond(answerWith('groq-chat-stream', { cutAfter: 2 }));
    await expect(ask(provider, question('llama-3.3-70b-versatile'), { texts: [] })).rejects.toMatchObject({ code: 'network' });
  });
});
