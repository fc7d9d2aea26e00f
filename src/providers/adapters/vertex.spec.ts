import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, fullRequest, question, withoutAddresses } from '../../../test/support/full-request.js';
import { answerWith, startProviderServer, type ProviderServer } from '../../../test/support/provider-server.js';
import { startSimulatedProvider } from '../../simulated/simulated-provider.js';
import type { Provider } from '../provider.js';
import { ProvidersService } from '../providers.service.js';
import { vertex } from './vertex.js';

const gemini = 'gemini-2.5-flash';
const claude = 'claude-sonnet-4@20250514';
const llama = 'meta/llama-3.3-70b-instruct-maas';
const place = '/projects/acme/locations/us-east5';

describe('vertex', () => {
  let server: ProviderServer;
  let keyFile: string;
  let provider: Provider;
  beforeAll(async () => {
    server = await startProviderServer();
    // Workload identity federation: the one kind of Google's credentials whose token comes from an address that the file names.
    const folder = mkdtempSync(join(tmpdir(), 'conclave-google-'));
    keyFile = join(folder, 'credentials.json');
    writeFileSync(join(folder, 'subject'), 'subject-token');
    const pool = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider';
    writeFileSync(keyFile, JSON.stringify({ type: 'external_account', audience: pool, subject_token_type: 'urn:ietf:params:oauth:token-type:jwt', token_url: `${server.url}/token`, credential_source: { file: join(folder, 'subject') } }));
    provider = created({ GOOGLE_VERTEX_PROJECT: 'acme', GOOGLE_VERTEX_LOCATION: 'us-east5', GOOGLE_APPLICATION_CREDENTIALS: keyFile });
  });
  beforeEach(() => void server.requests.splice(0));
  afterAll(() => server.stop());

  function created(environment: Parameters<NonNullable<typeof vertex.connect>>[0]): Provider {
    return vertex.create({ name: 'vertex', headers: {}, ...vertex.connect!({ VERTEX_BASE_URL: server.url, ...environment })! });
  }

  /** Answers calls with a fixture, after giving out tokens. */
  function respond(fixture: string, more: { cutAfter?: number } = {}): void {
    server.respond((response, request) => {
      if (request.path === '/token') response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ access_token: 'ya29.token', expires_in: 3_600, token_type: 'Bearer', issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' }));
      else answerWith(fixture, more)(response);
    });
  }

  const called = () => server.requests.filter(({ path }) => path !== '/token');

  it.each([
    [gemini, 'gemini-generate', `/v1beta1${place}/publishers/google/models/${gemini}:generateContent`],
    [claude, 'anthropic-message', `/v1${place}/publishers/anthropic/models/${claude}:rawPredict`],
    [llama, 'compatible-chat', `/v1${place}/endpoints/openapi/chat/completions`],
  ])("calls %s with a token of Google's own credentials", async (model, fixture, path) => {
    respond(fixture);
    const { responseFormat: _format, ...request } = withoutAddresses(fullRequest(model));
    const answer = await ask(provider, request);
    expect(answer).toMatchObject({ text: expect.stringContaining('sunny'), finishReason: expect.any(String), usage: { inputTokens: expect.any(Number) } });
    expect(called().map((request) => [request.path, request.headers.authorization])).toEqual([[path, 'Bearer ya29.token']]);
  });

  it('keeps the token for later calls', async () => {
    respond('compatible-chat');
    const fresh = created({ GOOGLE_VERTEX_PROJECT: 'acme', GOOGLE_APPLICATION_CREDENTIALS: keyFile });
    await ask(fresh, question(llama));
    await ask(fresh, question(llama));
    expect(server.requests.map(({ path }) => path)).toEqual(['/token', ...Array.from({ length: 2 }, () => '/v1/projects/acme/locations/global/endpoints/openapi/chat/completions')]);
  });

  it("sends Claude's requests as Vertex wants them", async () => {
    respond('anthropic-message');
    const answer = await ask(provider, { ...question(claude), sampling: { reasoningEffort: 'medium', maxOutputTokens: 1_000, seed: 7 } });
    expect(called()[0]?.body).toMatchObject({ anthropic_version: 'vertex-2023-10-16', thinking: { type: 'enabled', budget_tokens: 4_096 }, max_tokens: 5_096 });
    expect(called()[0]?.body).not.toHaveProperty('model');
    expect(answer.droppedParameters).toEqual(['seed']);
  });

  it('asks Claude for JSON by a forced tool, and says what that excludes', async () => {
    respond('anthropic-message');
    const answer = await ask(provider, withoutAddresses(fullRequest('claude-opus-4-6')));
    expect(called()[0]?.body).toMatchObject({ tool_choice: { type: 'any' } });
    expect(called()[0]?.body).not.toHaveProperty('output_config');
    expect(answer.droppedParameters).toEqual(expect.arrayContaining(['reasoningEffort', 'toolChoice']));
  });

  it.each([
    [gemini, 'gemini-stream'],
    [claude, 'anthropic-stream'],
    [llama, 'compatible-chat-stream'],
  ])('streams %s, and fails where the stream breaks off', async (model, fixture) => {
    const texts: string[] = [];
    respond(fixture);
    expect(await ask(provider, question(model), { texts })).toMatchObject({ text: 'It is sunny.', finishReason: 'stop', usage: { outputTokens: expect.any(Number) } });
    expect(texts.join('')).toBe('It is sunny.');
    respond(fixture, { cutAfter: 1 });
    await expect(ask(provider, question(model), { texts: [] })).rejects.toMatchObject({ code: 'network' });
  });

  it('calls Gemini with an API key, and says that other models need a project', async () => {
    respond('gemini-generate');
    const express = created({ GOOGLE_VERTEX_API_KEY: 'AQ.secret' });
    await ask(express, question(gemini));
    expect(called()[0]).toMatchObject({ path: `/v1/publishers/google/models/${gemini}:generateContent`, headers: { 'x-goog-api-key': 'AQ.secret' } });
    await expect(ask(express, question(claude))).rejects.toMatchObject({ code: 'auth', message: expect.stringContaining('GOOGLE_VERTEX_PROJECT') });
    await expect(ask(express, question(llama))).rejects.toMatchObject({ code: 'auth' });
    expect(server.requests).toHaveLength(1);
  });

  it.each([{}, { GOOGLE_VERTEX_PROJECT: 'acme', GOOGLE_APPLICATION_CREDENTIALS: '/nonexistent/credentials.json' }])('checks an API key that comes without credentials by counting tokens, as there is no list for it: %j', async (more) => {
    const express = created({ GOOGLE_VERTEX_API_KEY: 'AQ.secret', ...more });
    const options = { signal: new AbortController().signal, timeoutMs: 5_000 };
    server.respond((response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"totalTokens": 1}'));
    expect(await express.listModels(options)).toEqual([]);
    expect(called()).toMatchObject([{ method: 'POST', path: '/v1/publishers/google/models/gemini-2.5-flash:countTokens', headers: { 'x-goog-api-key': 'AQ.secret', 'content-type': 'application/json' }, body: { contents: [{ role: 'user' }] } }]);
    server.respond((response) => response.writeHead(401, { 'content-type': 'application/json' }).end('{"error": {"code": 401, "message": "API key not valid"}}'));
    await expect(express.listModels(options)).rejects.toMatchObject({ code: 'auth', httpStatus: 401 });
  });

  it('says where credentials are missing or refused', async () => {
    const nobody = created({ GOOGLE_VERTEX_PROJECT: 'acme', GOOGLE_APPLICATION_CREDENTIALS: `${keyFile}.missing` });
    await expect(ask(nobody, question(claude))).rejects.toMatchObject({ code: 'auth', message: expect.stringContaining('no Google credentials') });
    await expect(ask(nobody, question(gemini))).rejects.toMatchObject({ code: 'auth' });
  });

  it.each([
    ['claude-sonnet-4-20250514', "'claude-sonnet-4@20250514'"],
    ['llama-3.3-70b-instruct', "'meta/llama-3.3-70b-instruct-maas'"],
    ['gpt-4o', "'gemini-<model>'"],
  ])('refuses the id %s without a call and names the right form', async (id, right) => {
    await expect(ask(provider, question(id))).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining(right) });
    expect(server.requests).toHaveLength(0);
  });

  it('is configured by a project or a key, at the address of its location', () => {
    expect(vertex.connect?.({ GOOGLE_VERTEX_LOCATION: 'us-east5' })).toBeNull();
    const base = (location?: string) => vertex.connect?.({ GOOGLE_VERTEX_PROJECT: 'acme', ...(location && { GOOGLE_VERTEX_LOCATION: location }) })?.baseUrl;
    expect([base(), base('eu'), base('us-east5')]).toEqual(['https://aiplatform.googleapis.com', 'https://aiplatform.eu.rep.googleapis.com', 'https://us-east5-aiplatform.googleapis.com']);
  });

  it("lists Gemini's and Claude's models, page by page", async () => {
    server.respond((response, { path }) => {
      const answers: Record<string, unknown> = {
        '/token': { access_token: 'ya29.token', expires_in: 3_600, token_type: 'Bearer', issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
        '/v1beta1/publishers/google/models?pageSize=300': { publisherModels: [{ name: 'publishers/google/models/gemini-2.5-pro', versionId: 'default' }, { name: 'publishers/google/models/imagen-4' }], nextPageToken: 'n' },
        '/v1beta1/publishers/google/models?pageSize=300&pageToken=n': { publisherModels: [{ name: 'publishers/google/models/gemini-2.5-flash' }] },
        '/v1beta1/publishers/anthropic/models?pageSize=300': { publisherModels: [{ name: 'publishers/anthropic/models/claude-sonnet-4', versionId: '20250514' }, { name: 'publishers/anthropic/models/claude-opus-4-6', versionId: 'default' }] },
      };
      response.writeHead(path in answers ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(answers[path] ?? {}));
    });
    const models = await provider.listModels({ signal: new AbortController().signal, timeoutMs: 5_000 });
    expect(models.map(({ id }) => id)).toEqual(['gemini-2.5-pro', 'gemini-2.5-flash', claude, 'claude-opus-4-6']);
  });

  it('answers on the simulated provider, each kind of model whole and streamed', async () => {
    const simulated = await startSimulatedProvider({ port: 0 });
    try {
      const there = new ProvidersService({ environment: {}, simulated: true, simulatedUrl: simulated.url, customProviders: [] }).get('vertex');
      for (const model of [gemini, claude, llama]) {
        const whole = await ask(there, question(model));
        expect(whole.text).not.toBe('');
        expect(await ask(there, question(model), { texts: [] })).toMatchObject({ text: whole.text, usage: whole.usage });
      }
      expect(new Set(simulated.requests().map(({ provider: name }) => name))).toEqual(new Set(['vertex']));
    } finally {
      await simulated.stop();
    }
  });
});
