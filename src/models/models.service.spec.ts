import { describe, expect, it } from '@jest/globals';
import { loadModelRegistry, parseModelRegistry } from '../config/model-registry.js';
import { providerAdapters } from '../providers/registry.js';
import { ModelsService } from './models.service.js';

const registry = loadModelRegistry();
const models = new ModelsService(registry);

describe('models.yaml', () => {
  it('has the seeded models, none of them verified, and the defaults', () => {
    const seeded = models.all().filter(({ price }) => price?.source === 'octobatch@3a34388');
    expect(seeded).toHaveLength(64);
    expect(seeded.some(({ priceVerified }) => priceVerified)).toBe(false);
    expect(['gemini', 'openai', 'anthropic'].map((provider) => models.defaultModel(provider))).toEqual(['gemini-2.0-flash-001', 'gpt-4o-mini', 'claude-sonnet-4-20250514']);
  });

  it('names the same providers, keys and addresses as the adapters', () => {
    const inFile = Object.entries(registry.providers).map(([name, { env_var: variable, base_url: url }]) => [name, variable, url]);
    expect(inFile).toEqual(providerAdapters.map(({ name, keyVariable, defaultBaseUrl }) => [name, keyVariable, defaultBaseUrl]));
  });

  it('tells every fault at once, misspelt fields included', () => {
    const text = 'sources: {}\nproviders:\n  x:\n    display_name: X\n    env_var: null\n    sdk: s\n    base_url: null\n    default_model: gone\n    models:\n      m: { display_name: M, input_per_million: 1, prize: 2 }';
    expect(() => parseModelRegistry(text)).toThrow(/prize|price/);
  });
});

describe('ModelsService', () => {
  it('charges a realtime call twice the batch price', () => {
    expect(models.find('openai', 'gpt-4o-mini')?.batchPrice).toMatchObject({ inputNanoUsdPerMillion: 75_000_000, outputNanoUsdPerMillion: 300_000_000 });
    expect(models.price('openai', 'gpt-4o-mini')).toEqual({ inputNanoUsdPerMillion: 150_000_000, outputNanoUsdPerMillion: 600_000_000, cachedInputNanoUsdPerMillion: 75_000_000, source: 'octobatch@3a34388', date: '2026-03-31' });
    expect(models.price('openai', 'o1-pro')).toMatchObject({ outputNanoUsdPerMillion: 600_000_000_000 });
  });

  it('says unknown where it does not know', () => {
    expect(models.price('openai', 'gpt-99')).toBeNull();
    expect(models.price('groq', 'llama-3.3-70b-versatile')).toBeNull();
    expect(models.supports('openai', 'gpt-99', 'images')).toBeNull();
    expect([models.supports('openai', 'gpt-4o', 'images'), models.supports('openai', 'gpt-4', 'images')]).toEqual([true, false]);
  });

  it('finds models by the alias of their provider and by their id alone', () => {
    expect(models.find('google', 'gemini-2.5-pro')).toBe(models.find('gemini', 'gemini-2.5-pro'));
    expect(models.byModelId('gpt-4o').map(({ provider }) => provider)).toEqual(['openai']);
    expect(models.byModelId('nothing')).toEqual([]);
  });
});
