import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startProviderServer, type ProviderServer } from '../../test/support/provider-server.js';
import { anthropic } from './adapters/anthropic.js';
import { gemini } from './adapters/gemini.js';
import { groq } from './adapters/groq.js';
import { openai } from './adapters/openai.js';
import { together } from './adapters/together.js';
import type { ProviderAdapter } from './provider-adapter.js';
import type { ListedModel } from './provider.js';

describe('listModels', () => {
  let server: ProviderServer;
  const list = (adapter: ProviderAdapter, path = '/v1', timeoutMs = 5_000): Promise<ListedModel[]> =>
    adapter.create({ name: adapter.name, baseUrl: `${server.url}${path}`, apiKey: 'topsecret', headers: {} }).listModels({ signal: new AbortController().signal, timeoutMs });
  const answer = (...bodies: unknown[]) => {
    server.respond((response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(bodies.length > 1 ? bodies.shift() : bodies[0])));
  };
  beforeAll(async () => {
    server = await startProviderServer();
  });
  beforeEach(() => void server.requests.splice(0));
  afterAll(() => server.stop());

  it("reads OpenAI's list, what others add to it, and a bare one", async () => {
    answer({ object: 'list', data: [{ id: 'gpt-4o-mini', object: 'model' }, { id: 'gpt-4o-mini' }, { nonsense: true }] });
    expect(await list(openai)).toEqual([{ id: 'gpt-4o-mini', displayName: null, contextTokens: null, outputTokens: null }]);
    expect(server.requests[0]).toMatchObject({ method: 'GET', path: '/v1/models', headers: { authorization: 'Bearer topsecret' } });
    answer({ data: [{ id: 'llama-3.1-8b-instant', context_window: 131_072, max_completion_tokens: 8_192 }] });
    expect(await list(groq)).toEqual([{ id: 'llama-3.1-8b-instant', displayName: null, contextTokens: 131_072, outputTokens: 8_192 }]);
    answer([{ id: 'meta/llama', display_name: 'Llama', context_length: 8_192 }]);
    expect(await list(together)).toEqual([{ id: 'meta/llama', displayName: 'Llama', contextTokens: 8_192, outputTokens: null }]);
  });

  it("follows Anthropic's pages", async () => {
    answer({ data: [{ id: 'claude-a', display_name: 'Claude A', max_input_tokens: 200_000, max_tokens: 64_000 }], has_more: true, last_id: 'claude-a' }, { data: [{ id: 'claude-b' }], has_more: false, last_id: 'claude-b' });
    expect(await list(anthropic)).toEqual([
      { id: 'claude-a', displayName: 'Claude A', contextTokens: 200_000, outputTokens: 64_000 },
      { id: 'claude-b', displayName: null, contextTokens: null, outputTokens: null },
    ]);
    expect(server.requests.map(({ path }) => path)).toEqual(['/v1/models?limit=1000', '/v1/models?limit=1000&after_id=claude-a']);
    expect(server.requests[0]?.headers).toMatchObject({ 'x-api-key': 'topsecret', 'anthropic-version': '2023-06-01' });
  });

  it("follows Gemini's pages and leaves out what can't generate", async () => {
    answer(
      { models: [{ name: 'models/gemini-2.5-flash', displayName: 'Flash', inputTokenLimit: 1_048_576, outputTokenLimit: 65_536, supportedGenerationMethods: ['generateContent'] }, { name: 'models/embedding-001', supportedGenerationMethods: ['embedContent'] }], nextPageToken: 'a/b' },
      { models: [{ name: 'models/gemini-2.5-pro' }] },
    );
    expect(await list(gemini, '/v1beta')).toEqual([
      { id: 'gemini-2.5-flash', displayName: 'Flash', contextTokens: 1_048_576, outputTokens: 65_536 },
      { id: 'gemini-2.5-pro', displayName: null, contextTokens: null, outputTokens: null },
    ]);
    expect(server.requests.map(({ path }) => path)).toEqual(['/v1beta/models?pageSize=1000', '/v1beta/models?pageSize=1000&pageToken=a%2Fb']);
    expect(server.requests[0]?.headers['x-goog-api-key']).toBe('topsecret');
  });

  it('fails as a call does: by status and body, unreadable pages, time and caller included', async () => {
    server.respond((response) => response.writeHead(401).end(JSON.stringify({ error: { message: 'Key topsecret is wrong' } })));
    await expect(list(openai)).rejects.toMatchObject({ code: 'auth', httpStatus: 401, message: 'Provider \'openai\': it said "Key [redacted] is wrong" (HTTP 401). Check its key and what the key may use.' });
    server.respond((response) => response.writeHead(200).end('<html>'));
    await expect(list(openai)).rejects.toMatchObject({ code: 'server_error' });
    answer({ nothing: 1 });
    for (const adapter of [openai, anthropic]) await expect(list(adapter)).rejects.toMatchObject({ code: 'server_error' });
    server.respond(() => undefined);
    await expect(list(openai, '/v1', 200)).rejects.toMatchObject({ code: 'timeout' });
    await expect(openai.create({ name: 'openai', baseUrl: server.url, apiKey: 'k', headers: {} }).listModels({ signal: AbortSignal.abort(new Error('stop')), timeoutMs: 200 })).rejects.toThrow('stop');
  });
});
