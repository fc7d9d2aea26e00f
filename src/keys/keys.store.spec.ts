import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { loadConfig } from '../config/config.js';
import { createDataSource } from '../database/data-source.js';
import { poolOf } from '../database/postgres-pool.js';
import { hashApiKey } from './api-key.js';
import { KeysService } from './keys.service.js';
import { KeysStore } from './keys.store.js';
import { RequestLimitsService } from './request-limits.service.js';

let database: TestDatabase;
let dataSource: DataSource;
let store: KeysStore;

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
  dataSource = await createDataSource(database.url, 4).initialize();
  store = new KeysStore(dataSource);
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

function service(environment: Record<string, string> = {}): KeysService {
  return new KeysService(dataSource, loadConfig(environment));
}

describe('keys', () => {
  it('open the service until the first one exists, and only the bootstrap key may come first twice', async () => {
    const keys = service({ CONCLAVE_BOOTSTRAP_KEY: 'bootstrap-key-of-the-container' });
    expect(await keys.exist()).toBe(false);
    await Promise.all([keys.onModuleInit(), service({ CONCLAVE_BOOTSTRAP_KEY: 'bootstrap-key-of-the-container' }).onModuleInit()]);
    expect(await store.list()).toHaveLength(1);
    await service({ CONCLAVE_BOOTSTRAP_KEY: 'another-key-of-the-container' }).onModuleInit();
    expect((await store.list()).map((key) => key.name)).toEqual(['bootstrap']);
    expect(await service().exist()).toBe(true);
  });

  it('are stored as hashes, and found by them until they are revoked', async () => {
    const { key, row } = await store.create({ name: 'laptop', requestsPerMinute: 7 });
    expect(JSON.stringify(await dataSource.query('SELECT * FROM api_keys'))).not.toContain(key);
    expect(await store.findValid(hashApiKey(key))).toMatchObject({ id: row.id, name: 'laptop', requestsPerMinute: 7 });
    expect(await service().authenticate(key)).toEqual({ id: row.id, requestsPerMinute: 7 });
    expect((await store.revoke('laptop')).map((revoked) => revoked.id)).toEqual([row.id]);
    expect(await store.revoke(row.id)).toEqual([]);
    expect(await store.findValid(hashApiKey(key))).toBeNull();
    expect(await service().authenticate(key)).toBeNull();
    expect(await service().authenticate('ck_unknown')).toBeNull();
  });

  it('keep the service closed after the last one is revoked', async () => {
    for (const key of await store.list()) await store.revoke(key.id);
    expect(await store.exist()).toBe(true);
  });
});

describe('request limits', () => {
  it('are shared by processes', async () => {
    const caller = { id: 'key_shared', requestsPerMinute: 3 };
    const [one, other] = [new RequestLimitsService(poolOf(dataSource)), new RequestLimitsService(poolOf(dataSource))];
    expect(await one.count(caller)).toMatchObject({ allowed: true, limit: 3, remaining: 2 });
    expect(await other.count(caller)).toMatchObject({ allowed: true, remaining: 1 });
    expect(await one.count(caller)).toMatchObject({ allowed: true, remaining: 0 });
    const refused = await other.count(caller);
    expect(refused).toMatchObject({ allowed: false, remaining: 0 });
    expect(refused?.resetMs).toBeGreaterThan(50_000);
  });

  it('do not exist where a key has none', async () => {
    expect(await new RequestLimitsService(poolOf(dataSource)).count({ id: 'key_free', requestsPerMinute: null })).toBeNull();
  });
});
