import { describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { builtInProviders } from '../config/custom-providers.js';
import type { ProvidersConfig } from './providers-config.js';
import { ProvidersService } from './providers.service.js';
import { providerAdapters } from './registry.js';

const nothing: ProvidersConfig = { environment: {}, simulated: false, simulatedUrl: null, customProviders: [] };

describe('registry', () => {
  it('has one line for each file of adapters/, of the same name', () => {
    const files = readdirSync(new URL('adapters', import.meta.url)).filter((file) => !file.endsWith('.spec.ts')).map((file) => file.replace(/\.ts$/, ''));
    expect(providerAdapters.map(({ name }) => name).sort()).toEqual(files.sort());
  });
});

describe('builtInProviders', () => {
  it('keeps the names of the registry, aliases included, from conclave.yaml', () => {
    expect(builtInProviders).toEqual(expect.arrayContaining(providerAdapters.flatMap(({ name, aliases }) => [name, ...aliases])));
  });
});

describe('ProvidersService', () => {
  it('knows a provider by its name and alias, and which have what they need', () => {
    const providers = new ProvidersService({ ...nothing, environment: { GOOGLE_API_KEY: 'k', TRIO_BACKEND_URL: 'http://litellm:4000' } });
    expect(providers.resolveAlias('google')).toBe('gemini');
    expect(providers.resolveAlias('nobody')).toBeNull();
    expect(providers.names().filter((name) => providers.isConfigured(name))).toEqual(['gemini', 'ollama', 'trio']);
    expect(providers.names()).not.toContain('simulated');
    expect(providers.isConfigured('google')).toBe(true);
    expect(providers.howToConfigure('openai')).toBe('Set OPENAI_API_KEY and start again.');
    expect(providers.howToConfigure('gemini')).toBe('');
    expect(providers.get('google')).toBe(providers.get('gemini'));
  });

  it('refuses a provider without its key and one nobody knows, as failures', () => {
    const providers = new ProvidersService(nothing);
    expect(() => providers.get('openai')).toThrow(expect.objectContaining({ code: 'auth', message: expect.stringContaining('Set OPENAI_API_KEY') }));
    expect(() => providers.get('nobody')).toThrow(expect.objectContaining({ code: 'not_found' }));
  });

  it('has the providers of conclave.yaml beside its own', () => {
    const providers = new ProvidersService({ ...nothing, customProviders: [{ name: 'my.server', baseUrl: 'http://gpu:8000/v1', apiKey: null, headers: {} }] });
    expect(providers.isConfigured('my.server')).toBe(true);
    expect(providers.get('my.server').name).toBe('my.server');
  });

  it('has every provider configured when all are simulated, and the simulated one wherever its address is known', () => {
    const simulated = new ProvidersService({ ...nothing, simulated: true, simulatedUrl: 'http://127.0.0.1:9' });
    expect(simulated.names().every((name) => simulated.isConfigured(name))).toBe(true);
    const beside = new ProvidersService({ ...nothing, simulatedUrl: 'http://127.0.0.1:9' });
    expect(beside.names().filter((name) => beside.isConfigured(name))).toEqual(['ollama', 'simulated']);
    expect(beside.names().filter((name) => beside.isSimulated(name))).toEqual(['simulated']);
  });

  it('reaches a Gremium whose address is named also where all others are simulated, and says so', () => {
    const environment = { ENABLE_GREMIUM_PROVIDER: 'true', GREMIUM_API_BASE_URL: 'http://gremium:8000', GREMIUM_API_KEY: 'k' };
    const providers = new ProvidersService({ ...nothing, environment, simulated: true, simulatedUrl: 'http://127.0.0.1:9' });
    expect(['openai', 'google', 'gremium-openai', 'gremium-anthropic'].filter((name) => providers.isSimulated(name))).toEqual(['openai', 'google']);
  });
});
