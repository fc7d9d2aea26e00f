import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, fullRequest, question, withoutAddresses } from '../../../test/support/full-request.js';
import { answerWith, startProviderServer, type ProviderServer } from '../../../test/support/provider-server.js';
import { startSimulatedProvider } from '../../simulated/simulated-provider.js';
import { eventStreamMessage } from '../../simulated/wire/bedrock-converse.js';
import type { Provider } from '../provider.js';
import { ProvidersService } from '../providers.service.js';
import { bedrock } from './bedrock.js';

const sonnet = 'us.anthropic.claude-sonnet-4-20250514-v1:0';
const llama = 'us.meta.llama3-3-70b-instruct-v1:0';
// 66 fresh, 64 read from the cache: all of them input.
const usage = { inputTokens: 130, outputTokens: 20, cachedInputTokens: 64, reasoningTokens: 0 };

function streamWith(name: string, { cutAfter, exception }: { cutAfter?: number; exception?: string } = {}): Parameters<ProviderServer['respond']>[0] {
  const { events } = JSON.parse(readFileSync(`test/fixtures/providers/${name}.json`, 'utf8')) as { events: { event: string; data: unknown }[] };
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    const messages = events.slice(0, cutAfter).map(({ event, data }) => eventStreamMessage(event, data));
    if (exception !== undefined) messages.push(eventStreamMessage(exception, { message: 'slow down' }, 'exception'));
    // Cut in the middle of messages: how bytes arrive says nothing about where they end.
    const bytes = Buffer.from(messages.join(''), 'latin1');
    response.write(bytes.subarray(0, 30));
    response.write(bytes.subarray(30));
    if (cutAfter === undefined || exception !== undefined) response.end();
    else setImmediate(() => response.destroy());
  };
}

describe('bedrock', () => {
  let server: ProviderServer;
  let provider: Provider;
  beforeAll(async () => {
    server = await startProviderServer();
    provider = bedrock.create({ name: 'bedrock', baseUrl: server.url, apiKey: 'bedrock-api-key-secret', headers: {}, settings: { region: 'us-east-1' } });
  });
  beforeEach(() => void server.requests.splice(0));
  afterAll(() => server.stop());

  it('sends everything a request says and reads the answer, cached tokens inside the input', async () => {
    server.respond(answerWith('bedrock-converse'));
    const answer = await ask(provider, withoutAddresses(fullRequest(sonnet)));
    expect(server.requests[0]).toMatchObject({ path: `/model/${encodeURIComponent(sonnet)}/converse`, headers: { authorization: 'Bearer bedrock-api-key-secret' } });
    expect(server.requests[0]?.body).toEqual(JSON.parse(readFileSync('test/fixtures/providers/bedrock-converse.request.json', 'utf8')));
    expect(answer).toMatchObject({ text: 'It is sunny.', finishReason: 'stop', usage, responseId: '7f3c' });
    expect(answer.droppedParameters).toEqual(expect.arrayContaining(['frequencyPenalty', 'image.detail', 'messages.name', 'presencePenalty', 'seed', 'toolChoice', 'verbosity']));
  });

  it('leaves out what other models have no field for', async () => {
    server.respond(answerWith('bedrock-converse'));
    const answer = await ask(provider, { ...question(llama), sampling: { topK: 40, reasoningEffort: 'low', maxOutputTokens: 9 } });
    expect(server.requests[0]?.body).toMatchObject({ inferenceConfig: { maxTokens: 9 } });
    expect(JSON.stringify(server.requests[0]?.body)).not.toMatch(/top_?k|reasoning/i);
    expect(answer.droppedParameters).toEqual(['reasoningEffort', 'topK']);
  });

  it('reads tool calls, and streams', async () => {
    server.respond(answerWith('bedrock-converse-tools'));
    const { responseFormat: _format, ...request } = withoutAddresses(fullRequest(sonnet));
    expect(await ask(provider, request)).toMatchObject({ finishReason: 'tool_calls', toolCalls: [{ id: 'tooluse_1', name: 'get_weather', argumentsJson: '{"city":"Paris"}' }] });
    const texts: string[] = [];
    server.respond(streamWith('bedrock-converse-stream'));
    expect(await ask(provider, question(sonnet), { texts })).toMatchObject({ text: 'It is sunny.', finishReason: 'stop', usage });
    expect(server.requests.at(-1)?.path).toMatch(/converse-stream$/);
    expect(texts).toEqual(['It is', ' sunny.']);
  });

  it('fails where a stream breaks off, between messages or within one, or ends with an exception', async () => {
    server.respond(streamWith('bedrock-converse-stream', { cutAfter: 3 }));
    await expect(ask(provider, question(sonnet), { texts: [] })).rejects.toMatchObject({ code: 'network' });
    server.respond((response) => response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' }).end(Buffer.from(eventStreamMessage('messageStart', {}), 'latin1').subarray(0, 20)));
    await expect(ask(provider, question(sonnet), { texts: [] })).rejects.toMatchObject({ code: 'server_error' });
    server.respond(streamWith('bedrock-converse-stream', { cutAfter: 2, exception: 'throttlingException' }));
    await expect(ask(provider, question(sonnet), { texts: [] })).rejects.toMatchObject({ name: 'ProviderFailure' });
  });

  it.each([
    ['anthropic.claude-sonnet-4-20250514-v1:0', "'us.anthropic.claude-sonnet-4-20250514-v1:0'"],
    ['claude-sonnet-4-20250514', "'us.anthropic.claude-sonnet-4-20250514-v1:0'"],
    ['meta.llama3-2-90b-instruct-v1:0', "'us.meta.llama3-2-90b-instruct-v1:0'"],
    ['meta.llama4-maverick-17b-instruct-v1:0', "'us.meta.llama4-maverick-17b-instruct-v1:0'"],
    ['us.meta.llama3-70b-instruct-v1:0', "'meta.llama3-70b-instruct-v1:0'"],
    ['us.cohere.command-r-v1:0', "'cohere.command-r-v1:0'"],
    ['gpt-4o', "'<vendor>.<model>'"],
    ['llama3-3-70b-instruct-v1:0', "'us.meta.llama3-3-70b-instruct-v1:0'"],
    ['arn:nonsense', 'no ARN'],
  ])('refuses the id %s without a call and names the right form', async (id, right) => {
    await expect(ask(provider, question(id))).rejects.toMatchObject({ code: 'not_found', model: id, message: expect.stringContaining(right) });
    expect(server.requests).toHaveLength(0);
  });

  it.each([
    sonnet, 'eu.anthropic.claude-3-5-sonnet-20240620-v1:0', 'apac.anthropic.claude-3-haiku-20240307-v1:0', 'global.anthropic.claude-sonnet-4-5-20250929-v1:0', llama, 'meta.llama3-1-8b-instruct-v1:0',
    'meta.llama3-70b-instruct-v1:0', 'mistral.mistral-large-2407-v1:0', 'cohere.command-r-v1:0', 'amazon.nova-lite-v1:0', 'us.amazon.nova-pro-v1:0', 'openai.gpt-oss-120b-1:0',
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0',
  ])('calls %s', async (id) => {
    server.respond(answerWith('bedrock-converse'));
    expect((await ask(provider, question(id))).text).toBe('It is sunny.');
  });

  it('proposes the geography of its region', async () => {
    const there = bedrock.create({ name: 'bedrock', baseUrl: server.url, apiKey: 'k', headers: {}, settings: { region: 'eu-central-1' } });
    await expect(ask(there, question('anthropic.claude-3-haiku-20240307-v1:0'))).rejects.toMatchObject({ message: expect.stringContaining("'eu.anthropic.claude-3-haiku-20240307-v1:0'") });
  });

  it("signs with keys of the environment, session token included, and keeps what was signed out of a refusal's message", async () => {
    const connection = bedrock.connect?.({ AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI', AWS_SESSION_TOKEN: 'session-token-secret', BEDROCK_BASE_URL: server.url });
    const signing = bedrock.create({ name: 'bedrock', headers: {}, ...connection! });
    server.respond(answerWith('bedrock-converse'));
    await ask(signing, question(sonnet));
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/bedrock\/aws4_request, SignedHeaders=.*host.*, Signature=[0-9a-f]{64}$/),
      'x-amz-date': expect.stringMatching(/^\d{8}T\d{6}Z$/),
      'x-amz-security-token': 'session-token-secret',
    });
    server.respond((response) => response.writeHead(403).end(JSON.stringify({ message: "The request signature we calculated does not match.\n\nThe Canonical String for this request should have been\n'POST\nx-amz-security-token:session-token-secret'" })));
    const refused = await ask(signing, question(sonnet)).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'auth', httpStatus: 403, message: expect.stringContaining('signature does not match') });
    expect(String(refused)).not.toContain('session-token-secret');
  });

  it("takes a profile of AWS' own files, and says which credentials are missing", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-aws-'));
    writeFileSync(join(folder, 'credentials'), '[work]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = secret\n');
    writeFileSync(join(folder, 'config'), '');
    const saved = { ...process.env };
    Object.assign(process.env, { AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'), AWS_CONFIG_FILE: join(folder, 'config'), AWS_EC2_METADATA_DISABLED: 'true' });
    try {
      server.respond(answerWith('bedrock-converse'));
      const created = (profile: string) => bedrock.create({ name: 'bedrock', headers: {}, ...bedrock.connect!({ AWS_REGION: 'us-west-2', AWS_PROFILE: profile, BEDROCK_BASE_URL: server.url })! });
      await ask(created('work'), question(sonnet));
      expect(server.requests[0]?.headers.authorization).toContain('Credential=AKIDPROFILE/');
      await expect(ask(created('nobody'), question(sonnet))).rejects.toMatchObject({ code: 'auth', message: expect.stringContaining('no AWS credentials') });
    } finally {
      process.env = saved;
    }
  });

  it('is configured by a region and credentials, and says how', () => {
    expect(bedrock.connect?.({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' })).toBeNull();
    expect(bedrock.connect?.({ AWS_REGION: 'us-east-1' })).toBeNull();
    expect(bedrock.connect?.({ AWS_DEFAULT_REGION: 'eu-west-1', AWS_BEARER_TOKEN_BEDROCK: 'k' })).toEqual({ baseUrl: 'https://bedrock-runtime.eu-west-1.amazonaws.com', apiKey: 'k', settings: { region: 'eu-west-1' } });
    const service = new ProvidersService({ environment: {}, simulated: false, simulatedUrl: null, customProviders: [] });
    expect(service.howToConfigure('bedrock')).toContain('Set AWS_REGION and');
  });

  it('waits where it is throttled, and tries again where the model broke', async () => {
    for (const [status, code] of [[429, 'rate_limit'], [424, 'server_error'], [503, 'overloaded'], [404, 'not_found'], [403, 'auth']] as const) {
      server.respond((response) => response.writeHead(status, { 'content-type': 'application/json' }).end('{"message":"no"}'));
      await expect(ask(provider, question(sonnet))).rejects.toMatchObject({ code, httpStatus: status });
    }
  });

  it('lists what can be called by its id: models on demand, and inference profiles', async () => {
    server.respond(answerWith('bedrock-models'));
    const options = { signal: new AbortController().signal, timeoutMs: 5_000 };
    expect((await provider.listModels(options)).map(({ id, displayName }) => [id, displayName])).toEqual([['amazon.nova-lite-v1:0', 'Nova Lite'], [sonnet, 'US Claude Sonnet 4']]);
    const signing = bedrock.create({ name: 'bedrock', baseUrl: server.url, apiKey: null, headers: {}, settings: { region: 'us-east-1', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's' } });
    await signing.listModels(options);
    expect(server.requests.map(({ path }) => path)).toEqual(['/foundation-models', '/inference-profiles?maxResults=1000', '/foundation-models', '/inference-profiles?maxResults=1000']);
    expect(server.requests[3]?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/bedrock\//);
  });

  it('answers on the simulated provider, whole and streamed, with tools', async () => {
    const simulated = await startSimulatedProvider({ port: 0 });
    try {
      const there = new ProvidersService({ environment: {}, simulated: true, simulatedUrl: simulated.url, customProviders: [] }).get('bedrock');
      const asked = { model: llama, messages: [{ role: 'user' as const, content: 'What is the capital of France? Höflich, bitte.' }], sampling: {} };
      const whole = await ask(there, asked);
      const texts: string[] = [];
      expect(whole.text).not.toBe('');
      expect(await ask(there, asked, { texts })).toMatchObject({ text: whole.text, finishReason: 'stop', usage: whole.usage });
      expect(texts.length).toBeGreaterThan(1);
      const { responseFormat: _format, ...withTools } = withoutAddresses(fullRequest(sonnet));
      const called = await ask(there, { ...withTools, messages: [{ role: 'user', content: 'What is the weather in Paris?' }] }, { texts: [] });
      expect(called).toMatchObject({ finishReason: 'tool_calls', toolCalls: [{ name: 'get_weather' }] });
    } finally {
      await simulated.stop();
    }
  });
});
