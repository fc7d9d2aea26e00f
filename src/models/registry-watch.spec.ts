import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { createTestDatabase, rowsOf, type TestDatabase } from '../../test/support/database.js';
import { until } from '../../test/support/until.js';
import { loadModelRegistry } from '../config/model-registry.js';
import { createPostgresPool } from '../database/postgres-pool.js';
import { ModelsService } from './models.service.js';
import { RegistryStore, type NewPrice, type RegistryChange } from './registry.store.js';
import { RegistryWatch } from './registry-watch.js';

let database: TestDatabase;
let pool: pg.Pool;
let store: RegistryStore;
const watches: RegistryWatch[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPostgresPool({ databaseUrl: database.url, size: 4, name: 'spec' });
  store = new RegistryStore(pool);
});
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.onModuleDestroy();
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const price: NewPrice = { inputNanoUsdPerMillion: 1_000_000_000, outputNanoUsdPerMillion: 2_000_000_000, cachedInputNanoUsdPerMillion: null, reasoningNanoUsdPerMillion: 3_000_000_000, realtimeMultiplier: 1.5, source: 'contract', sourceDate: '2026-11-20', verified: true };
const change = (model: string, rest: Partial<RegistryChange>): RegistryChange => ({ provider: 'openai', model, overrides: [], validFrom: Date.now(), validUntil: null, changedBy: 'key_1', ...rest });

async function watched(now?: () => number): Promise<ModelsService> {
  const models = new ModelsService(loadModelRegistry(), now);
  const watch = new RegistryWatch({ models, store, databaseUrl: database.url, warn: () => undefined });
  watches.push(watch);
  await watch.onModuleInit();
  return models;
}

describe('RegistryWatch', () => {
  it('brings a change to every process that listens, without a restart', async () => {
    const [api, worker] = await Promise.all([watched(), watched()]);
    await store.change(change('gpt-4o', { price, overrides: [{ field: 'enabled', value: false }, { field: 'display_name', value: 'Omni' }, { field: 'limits', value: { concurrent: 3 } }, { field: 'capabilities', value: { tools: false } }] }));
    for (const models of [api, worker]) {
      await until('the change', async () => models.isDisabled('openai', 'gpt-4o'));
      expect(models.price('openai', 'gpt-4o')).toEqual({ inputNanoUsdPerMillion: 1_500_000_000, outputNanoUsdPerMillion: 3_000_000_000, cachedInputNanoUsdPerMillion: null, reasoningNanoUsdPerMillion: 4_500_000_000, source: 'contract', date: '2026-11-20' });
      expect(models.price('openai', 'gpt-4o', 'batch')).toMatchObject({ inputNanoUsdPerMillion: 1_000_000_000, reasoningNanoUsdPerMillion: 3_000_000_000 });
      expect(models.find('openai', 'gpt-4o')).toMatchObject({ displayName: 'Omni', limits: { concurrent: 3, requestsPerMinute: null }, capabilities: { tools: false, images: true }, priceOrigin: 'override', priceVerified: true, overridden: ['price', 'enabled', 'display_name', 'limits', 'capabilities'] });
      expect(models.all().some(({ id }) => id === 'gpt-4o')).toBe(false);
    }
  });

  it('takes off what was set, and keeps its history', async () => {
    const models = await watched();
    await store.change(change('gpt-4.1', { price, overrides: [{ field: 'enabled', value: false }, { field: 'default_model', value: 'gpt-4.1' }] }));
    await until('the override', async () => models.isDisabled('openai', 'gpt-4.1'));
    expect(models.defaultModel('openai')).toBe('gpt-4.1');
    await store.change(change('gpt-4.1', { price: null, overrides: [{ field: 'enabled', value: null }, { field: 'default_model', value: null }] }));
    await until('the registry again', async () => !models.isDisabled('openai', 'gpt-4.1'));
    expect([models.defaultModel('openai'), models.find('openai', 'gpt-4.1')?.priceOrigin]).toEqual(['gpt-4o-mini', 'seed']);
    const history = await store.history({ provider: 'openai', model: 'gpt-4.1', limit: 10, before: null });
    expect(history.map(({ origin, changedBy, validUntil }) => [origin, changedBy, validUntil === null])).toEqual([['override', 'key_1', false], ['seed', null, true]]);
  });

  it('lets an override begin and end at its time, by its own clock and without another reading', async () => {
    let now = Date.now();
    const [from, until_] = [now + 10_000, now + 20_000];
    await store.change(change('gpt-5', { price, validFrom: from, validUntil: until_ }));
    await store.change(change('gpt-5', { overrides: [{ field: 'enabled', value: false }], validFrom: from, validUntil: until_ }));
    const models = await watched(() => now);
    const seen = (): unknown[] => [models.find('openai', 'gpt-5')?.priceOrigin, models.isDisabled('openai', 'gpt-5')];
    expect(seen()).toEqual(['seed', false]);
    now = from;
    expect(seen()).toEqual(['override', true]);
    now = until_;
    expect(seen()).toEqual(['seed', false]);
    expect((await store.pricesAt(from + 1, { provider: 'openai', model: 'gpt-5', limit: 5, after: null })).map(({ origin }) => origin)).toEqual(['override']);
    expect((await store.pricesAt(until_ + 1, { provider: 'openai', model: 'gpt-5', limit: 5, after: null })).map(({ origin }) => origin)).toEqual(['seed']);
  });

  it('listens again after its connection was cut, and finds what it missed', async () => {
    const models = await watched();
    await rowsOf(database.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'conclave-listener%' AND datname = current_database()`);
    await store.change(change('gpt-5-mini', { overrides: [{ field: 'enabled', value: false }] }));
    await until('what was missed', async () => models.isDisabled('openai', 'gpt-5-mini'));
  });

  it('gives an alias what its model costs, unless it has an override of its own', async () => {
    const models = await watched();
    await store.change({ ...change('gemini-2.0-flash-001', { price }), provider: 'gemini' });
    await until('the price', async () => models.find('gemini', 'gemini-2.0-flash')?.priceOrigin === 'override');
    await store.change({ ...change('gemini-2.0-flash', { price: { ...price, source: 'its own' } }), provider: 'gemini' });
    await until('its own', async () => models.price('gemini', 'gemini-2.0-flash')?.source === 'its own');
    expect(models.price('gemini', 'gemini-2.0-flash-001')?.source).toBe('contract');
  });

  it('knows a model that only the database has', async () => {
    const models = await watched();
    await store.change({ ...change('llama-next', { price }), provider: 'groq' });
    await until('the price', async () => models.price('groq', 'llama-next') !== null);
    expect(models.find('groq', 'llama-next')).toMatchObject({ displayName: 'llama-next', batchSupport: null, contextTokens: null, capabilities: { tools: null } });
  });

  it('works from models.yaml where the database has nothing', async () => {
    const models = new ModelsService(loadModelRegistry());
    const warnings: string[] = [];
    const away = new RegistryStore({ query: () => Promise.reject(new Error('connection refused')) });
    const watch = new RegistryWatch({ models, store: away, databaseUrl: 'postgres://127.0.0.1:1/none', warn: (message) => warnings.push(message) });
    watches.push(watch);
    await watch.onModuleInit();
    expect([models.price('openai', 'gpt-4o-mini', 'batch')?.inputNanoUsdPerMillion, warnings.length]).toEqual([75_000_000, 1]);
  });
});
