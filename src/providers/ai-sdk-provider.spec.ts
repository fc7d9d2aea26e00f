import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createServer, type AddressInfo } from 'node:net';
import { ask, question } from '../../test/support/full-request.js';
import { answerWith, startProviderServer, type ProviderServer } from '../../test/support/provider-server.js';
import { anthropic } from './adapters/anthropic.js';
import { gemini } from './adapters/gemini.js';
import { openai } from './adapters/openai.js';
import { together } from './adapters/together.js';
import { AiSdkProvider } from './ai-sdk-provider.js';
import type { FamilyFor } from './model-family.js';
import { openAiModelListing } from './openai-model-listing.js';
import type { Provider } from './provider.js';

const key = 'sk-proj-abcdefghijklmnop1234';

describe('AiSdkProvider', () => {
  let server: ProviderServer;
  let providers: { provider: Provider; model: string }[];
  beforeAll(async () => {
    server = await startProviderServer();
    providers = [
      { provider: openai.create({ name: 'openai', baseUrl: `${server.url}/v1`, apiKey: key, headers: {} }), model: 'gpt-4o-mini' },
      { provider: anthropic.create({ name: 'anthropic', baseUrl: `${server.url}/v1`, apiKey: key, headers: {} }), model: 'claude-sonnet-4-20250514' },
      { provider: gemini.create({ name: 'gemini', baseUrl: `${server.url}/v1beta`, apiKey: key, headers: {} }), model: 'gemini-2.5-flash' },
      { provider: together.create({ name: 'together', baseUrl: `${server.url}/v1`, apiKey: key, headers: {} }), model: 'm' },
    ];
  });
  beforeEach(() => void server.requests.splice(0));
  afterAll(() => server.stop());

  it('ends a call that hangs before its first byte, streamed or not, with every family', async () => {
    server.respond(() => undefined);
    const calls = providers.flatMap(({ provider, model }) => [undefined, []].map((texts) => ({ provider, model, call: ask(provider, question(model), { ...(texts && { texts }), timeoutMs: 400 }) })));
    await Promise.all(calls.map(({ provider, model, call }) => expect(call).rejects.toMatchObject({ name: 'ProviderFailure', code: 'timeout', provider: provider.name, model })));
  });

  it('ends an answer that hangs in the middle', async () => {
    server.respond((response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"id":'));
    await Promise.all(providers.map(({ provider, model }) => expect(ask(provider, question(model), { timeoutMs: 300 })).rejects.toMatchObject({ code: 'timeout' })));
    server.respond((response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n'));
    await Promise.all(providers.map(({ provider, model }) => expect(ask(provider, question(model), { texts: [], timeoutMs: 300 })).rejects.toMatchObject({ code: 'timeout' })));
  });

  it('ends a stream that stands still long before its whole time is over', async () => {
    const family: FamilyFor = (fetch) => {
      const sdk = createOpenAICompatible({ name: 'x', baseURL: `${server.url}/v1`, fetch });
      return { model: (id) => sdk.chatModel(id), prompt: { systemFirst: false }, rules: () => ({}) };
    };
    const impatient = new AiSdkProvider({ name: 'x', baseUrl: '', apiKey: null, headers: {} }, { family, models: openAiModelListing, silenceMs: 1_500 });
    server.respond((response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"id":"c","choices":[{"index":0,"delta":{"content":"It"}}]}\n\n'));
    const texts: string[] = [];
    await expect(ask(impatient, question('m'), { texts, timeoutMs: 20_000 })).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('stood still for 1500 ms') });
    expect(texts).toEqual(['It']);
  });

  it("throws the caller's own reason when it gives up", async () => {
    const caller = new AbortController();
    const reason = new Error('the workflow was cancelled');
    server.respond(() => caller.abort(reason));
    const call = ask(providers[0]!.provider, question('gpt-4o-mini'), { signal: caller.signal });
    await expect(call).rejects.toBe(reason);
    await expect(ask(providers[0]!.provider, question('gpt-4o-mini'), { signal: caller.signal })).rejects.toBe(reason);
  });

  it('names an address where nothing listens and one that hangs up', async () => {
    const gone = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${String((gone.address() as AddressInfo).port)}/v1`;
    const provider = openai.create({ name: 'openai', baseUrl, apiKey: key, headers: {} });
    await expect(ask(provider, question('gpt-4o-mini'))).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('broke') });
    await new Promise((resolve) => gone.close(resolve));
    await expect(ask(provider, question('gpt-4o-mini'))).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('ECONNREFUSED') });
    await expect(ask(provider, question('gpt-4o-mini'), { texts: [] })).rejects.toMatchObject({ code: 'network' });
  });

  it('never takes an empty, cut or foreign body for an answer', async () => {
    const bodies = ['', '{}', '{"id":"c","choices":[', '<html>busy</html>', '[]', '{"choices":[]}', '{"choices":[{"message":null}]}'];
    for (const body of bodies) {
      server.respond((response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body));
      for (const { provider, model } of providers) await expect(ask(provider, question(model))).rejects.toMatchObject({ name: 'ProviderFailure', code: 'server_error' });
      server.respond((response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(body));
      for (const { provider, model } of providers) await expect(ask(provider, question(model), { texts: [] })).rejects.toMatchObject({ name: 'ProviderFailure' });
    }
    server.respond((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
      response.write('{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"half');
      setImmediate(() => response.destroy());
    });
    for (const { provider, model } of providers) await expect(ask(provider, question(model))).rejects.toMatchObject({ code: 'network' });
  });

  it('makes one HTTP request, whatever comes back', async () => {
    server.respond((response) => response.writeHead(503, { 'retry-after': '0' }).end('{"error":{"message":"busy"}}'));
    for (const { provider, model } of providers) await expect(ask(provider, question(model))).rejects.toMatchObject({ code: 'overloaded' });
    server.respond((response) => response.writeHead(307, { location: `${server.url}/elsewhere` }).end());
    for (const { provider, model } of providers) await expect(ask(provider, question(model))).rejects.toMatchObject({ name: 'ProviderFailure' });
    expect(server.requests).toHaveLength(8);
  });

  it('tells neither key nor prompt, however the provider quotes them', async () => {
    server.respond((response, request) =>
      response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message: `Incorrect API key provided: ${key}. You said: ${JSON.stringify(request.body)}`, type: 'invalid_request_error', code: 'invalid_api_key' } })),
    );
    for (const { provider, model } of providers) {
      const failure: unknown = await ask(provider, question(model)).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'auth', httpStatus: 401, message: expect.stringContaining(`'${model}'`) });
      expect((failure as Error).message).not.toMatch(/abcdefghijklmnop|harbour town/);
    }
  });

  it('gives the second caller a connection of its own pool and both their answers', async () => {
    server.respond(answerWith('openai-chat'));
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(providers[0]!.provider, question('gpt-4o-mini'))));
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['It is sunny.']));
  });
});
