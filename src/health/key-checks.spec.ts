import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startProviderServer, type ProviderServer } from '../../test/support/provider-server.js';
import { conclaveFileSchema } from '../config/conclave-file.schema.js';
import { ProvidersService } from '../providers/providers.service.js';
import { KeyChecks } from './key-checks.js';
import { missingKeyWarnings } from './start-warnings.js';

const key = 'sk-top-secret-0123456789';
let server: ProviderServer;
beforeEach(async () => {
  server = await startProviderServer();
});
afterEach(() => server.stop());

function checksOn(url: string, disabled: string[] = []): KeyChecks {
  const environment = { OPENAI_API_KEY: key, OPENAI_BASE_URL: url, GROQ_API_KEY: key, GROQ_BASE_URL: url };
  const providers = new ProvidersService({ environment, simulated: false, simulatedUrl: null, customProviders: [] });
  return new KeyChecks(providers, { isDisabled: (provider, model) => disabled.includes(`${provider}/${model}`) }, (provider) => (provider === 'openai' ? 'OPENAI_API_KEY' : null));
}

describe('KeyChecks', () => {
  it('asks once for the list of models and says how many there are', async () => {
    server.respond((response) => response.end(JSON.stringify({ object: 'list', data: [{ id: 'a', object: 'model' }, { id: 'b', object: 'model' }] })));
    const [health] = await checksOn(server.url).check(['openai']);
    expect(health).toMatchObject({ provider: 'openai', status: 'ok', models: 2, http_status: null });
    expect(server.requests.map(({ method, path, headers }) => [method, path, headers['authorization']])).toEqual([['GET', '/models', `Bearer ${key}`]]);
  });

  it.each<[number, string, boolean, RegExp]>([
    [401, 'key_refused', false, /'openai' refuses its key \(HTTP 401\)\. Correct OPENAI_API_KEY/],
    [403, 'forbidden', false, /'openai' knows its key, but forbids/],
    [402, 'no_credit', false, /'openai' refuses for lack of credit/],
    [404, 'not_found', false, /'openai' has no list of models at its address.*base URL/],
    [503, 'down', true, /'openai' is down or can't be reached: HTTP 503/],
    [500, 'down', true, /HTTP 500/],
  ])('tells a %i by the provider\'s name, once, and never the key', async (status, state, mayPass, message) => {
    server.respond((response) => response.writeHead(status).end(JSON.stringify({ error: { message: `Incorrect API key provided: ${key}` } })));
    const checks = checksOn(server.url);
    const [health] = await checks.check(['openai']);
    expect(health).toMatchObject({ status: state, http_status: status, message: expect.stringMatching(message) });
    expect(await checks.preflight([{ provider: 'openai', model: 'gpt-4o' }, { provider: 'openai', model: 'gpt-4.1' }])).toEqual([{ provider: 'openai', model: null, code: state, mayPass, message: health?.message }]);
    expect(JSON.stringify(health)).not.toContain(key);
    expect(server.requests.length).toBeLessThanOrEqual(2);
  });

  it.each([
    [403, 'You have insufficient permissions for this operation. Missing scopes: api.model.read. Check that you have the correct role.'],
    [401, 'You have insufficient permissions for this operation. Missing scopes: api.model.read.'],
    [403, 'User: arn:aws:iam::123456789012:user/runner is not authorized to perform: bedrock:ListFoundationModels because no identity-based policy allows it'],
  ])('does not keep a job from a key that may call models but not list them (%i)', async (status, said) => {
    server.respond((response) => response.writeHead(status).end(JSON.stringify({ error: { message: said } })));
    const checks = checksOn(server.url);
    expect((await checks.check(['openai']))[0]).toMatchObject({ status: 'ok', models: null, http_status: status, message: expect.stringContaining('may not list models') });
    expect(await checks.preflight([{ provider: 'openai', model: 'gpt-4o' }])).toEqual([]);
  });

  it('tells a provider that is not there, and does not call a rate limit a fault', async () => {
    server.respond((response) => response.writeHead(429).end('{}'));
    expect((await checksOn(server.url).check(['openai']))[0]).toMatchObject({ status: 'ok', message: expect.stringContaining('rate limit') });
    expect((await checksOn('http://127.0.0.1:1').check(['openai']))[0]).toMatchObject({ status: 'down', message: expect.stringContaining('no connection') });
  });

  it('names keys that are missing and models that are disabled, and asks a shared provider once', async () => {
    server.respond((response) => response.end('{"object":"list","data":[]}'));
    const checks = checksOn(server.url, ['openai/gpt-4']);
    const targets = [{ provider: 'openai', model: 'gpt-4' }, { provider: 'anthropic', model: 'claude' }, { provider: 'openai', model: 'gpt-4o' }];
    const faults = await Promise.all([checks.preflight(targets), checks.preflight(targets)]);
    expect(faults[0].map(({ provider, code }) => [provider, code])).toEqual([['openai', 'model_disabled'], ['anthropic', 'not_configured']]);
    expect(faults[0][1]?.message).toContain('Set ANTHROPIC_API_KEY');
    expect(server.requests).toHaveLength(1);
  });

  it('lets a server of one\'s own be that has no list of models', async () => {
    server.respond((response) => response.writeHead(404).end('{}'));
    const own = { name: 'mine', baseUrl: server.url, apiKey: null, headers: {} };
    const checks = new KeyChecks(new ProvidersService({ environment: {}, simulated: false, simulatedUrl: null, customProviders: [own] }), { isDisabled: () => false }, () => null);
    expect(await checks.preflight([{ provider: 'mine', model: 'x' }])).toEqual([]);
    expect((await checks.check(['mine']))[0]).toMatchObject({ status: 'not_found' });
  });

  it('asks the configured providers where none is named', async () => {
    server.respond((response) => response.end('{"object":"list","data":[]}'));
    expect((await checksOn(server.url).check()).map(({ provider }) => provider)).toEqual(expect.arrayContaining(['openai', 'groq']));
  });
});

describe('missingKeyWarnings', () => {
  it('names each provider that conclave.yaml counts on and that has no key, once', () => {
    const providers = new ProvidersService({ environment: { OPENAI_API_KEY: key }, simulated: false, simulatedUrl: null, customProviders: [] });
    const file = conclaveFileSchema.parse({
      default_models: { openai: 'gpt-4o', google: 'gemini-2.5-pro' },
      default_provider: 'anthropic',
      default_panel: 'fast',
      panels: { fast: { strategy: 'council', members: ['openai/gpt-4o', 'groq/x', { model: 'gemini/y' }, 'panel/other'], chairman: ['groq/z'] }, slow: { strategy: 'vote', members: ['groq/x', 'cerebras/y'] } },
    });
    const warnings = missingKeyWarnings(file, providers);
    expect(warnings).toHaveLength(4);
    expect(warnings.join('\n')).toMatch(/'gemini' has no key, but default_models.*\n.*'anthropic' has no key, but default_provider.*\n.*'groq' has no key, but the default panel 'fast'.*Set GROQ_API_KEY.*\n.*'cerebras' has no key, but the panel 'slow'/);
  });
});
