import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { parseConclaveFile } from '../config/read-conclave-file.js';
import { loadModelRegistry, parseModelRegistry } from '../config/model-registry.js';
import { createDataSource } from '../database/data-source.js';
import { ModelsService } from './models.service.js';

const models = new ModelsService(loadModelRegistry());
const yaml = (entries: string) => `sources: { s: { source: s, date: 2026-01-01, verified: false } }
providers:
  p: { display_name: P, env_var: null, sdk: x, base_url: null, default_model: null, models: { ${entries} } }`;
const priced = 'input_per_million: 1, output_per_million: 2, price_source: s';

describe('what the predecessors got wrong in the registry', () => {
  it('a model and its alias cost the same, at both rates', () => {
    for (const mode of ['batch', 'realtime'] as const) expect(models.price('gemini', 'gemini-2.0-flash', mode)).toEqual(models.price('gemini', 'gemini-2.0-flash-001', mode));
    expect(models.find('gemini', 'gemini-2.0-flash')).toMatchObject({ aliasOf: 'gemini-2.0-flash-001', outputTokens: 8_192 });
  });

  it.each([
    ['an alias with a price of its own', `a: { display_name: A, ${priced} }, b: { display_name: B, alias_of: a, ${priced} }`, /an alias has no price of its own/],
    ['an alias of nothing', 'b: { display_name: B, alias_of: a }', /'a' is not among the models of 'p'/],
    ['an alias of an alias', 'a: { display_name: A }, b: { display_name: B, alias_of: a }, c: { display_name: C, alias_of: b }', /'b' is an alias itself/],
    ['a price without source and date', 'a: { display_name: A, input_per_million: 1, output_per_million: 2 }', /a price needs its price_source/],
    ['a reasoning price alone', 'a: { display_name: A, reasoning_per_million: 1 }', /needs the prices of input and output/],
    ['a limit of zero', 'a: { display_name: A, limits: { concurrent: 0 } }', /concurrent/],
    ['a limit misspelt', 'a: { display_name: A, limits: { concurent: 1 } }', /concurent/],
  ])('%s is a fault', (_, entries, message) => {
    expect(() => parseModelRegistry(yaml(entries))).toThrow(message);
  });

  it('batch support is not claimed for search and instruct models', () => {
    expect(['gpt-4o-search-preview', 'gpt-4o-mini-search-preview', 'gpt-3.5-turbo-instruct'].map((id) => models.find('openai', id)?.batchSupport)).toEqual([false, false, false]);
  });

  it('every price has a source and a date, and says that nobody checked it', () => {
    for (const { price, priceVerified, provider } of models.everything()) if (price !== null) expect([price.source, price.date, priceVerified]).toEqual([expect.stringMatching(/./), expect.stringMatching(/^\d{4}-\d\d-\d\d$/), provider === 'simulated']);
  });

  it('an unknown model has no price in either mode, and no price of another', () => {
    for (const mode of ['batch', 'realtime'] as const) expect(models.price('gemini', 'gemini-99', mode)).toBeNull();
  });

  it('reasoning tokens have a price of their own where models.yaml has one, times the multiplier in realtime', () => {
    const own = new ModelsService(parseModelRegistry(yaml(`a: { display_name: A, ${priced}, reasoning_per_million: 3 }`)));
    expect([own.price('p', 'a')?.reasoningNanoUsdPerMillion, own.price('p', 'a', 'batch')?.reasoningNanoUsdPerMillion]).toEqual([6_000_000_000, 3_000_000_000]);
  });

  it.each([
    ['panels.fast.price', 'panels: { fast: { strategy: council, price: 1 } }'],
    ['input_per_million', 'panels: { fast: { strategy: council, members: [{ model: a, input_per_million: 1 }] } }'],
    ['output_per_million', 'panels: { fast: { strategy: council, options: { output_per_million: 1 } } }'],
    ['prices', 'prices: { openai: 1 }'],
  ])('a panel carries no price: %s', (name, text) => {
    const result = parseConclaveFile(text, 'conclave.yaml');
    expect(result.ok ? [] : result.faults.join()).toContain(name.split('.').at(-1));
  });

  it('limits of models.yaml are known by provider and by model', () => {
    expect(models.limits('openai')).toEqual({ requestsPerMinute: null, tokensPerMinute: null, concurrent: null, maxInflightBatches: 10, maxBatchInputTokens: null });
    const own = new ModelsService(parseModelRegistry(yaml('a: { display_name: A, limits: { tokens_per_minute: 5 } }')));
    expect([own.limits('p', 'a').tokensPerMinute, own.limits('p', 'b').tokensPerMinute]).toEqual([5, null]);
  });
});

describe('the tables of the registry', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('are what their entities say', async () => {
    const dataSource = await createDataSource(database.url, 2).initialize();
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    await dataSource.destroy();
    expect(upQueries.map(({ query }) => query).filter((query) => /model_prices|model_overrides|registry_seeds/.test(query))).toEqual([]);
  });
});
