import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { createDataSource } from '../database/data-source.js';
import { PanelsStore } from './panels.store.js';

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await createDataSource(database.url, 4).initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

it('makes a new version of a changed panel only, whoever starts at the same time', async () => {
  const store = new PanelsStore(dataSource);
  const fast = { strategy: 'rank' as const, members: ['openai/gpt-4o-mini'], options: { rule: 'borda' as const } };
  const both = await Promise.all([store.sync({ fast }), new PanelsStore(dataSource).sync({ fast })]);
  expect(both.map((versions) => versions.get('fast'))).toEqual([1, 1]);
  const reordered = { options: { rule: 'borda' as const }, members: ['openai/gpt-4o-mini'], strategy: 'rank' as const };
  expect((await store.sync({ fast: reordered })).get('fast')).toBe(1);
  const changed = { ...fast, members: ['openai/gpt-4o'] };
  expect((await store.sync({ fast: changed, other: fast })).get('fast')).toBe(2);
  expect((await store.sync({ fast })).get('fast')).toBe(3);
  expect(await dataSource.query('SELECT name, version FROM panels ORDER BY name, version')).toEqual([
    { name: 'fast', version: 1 },
    { name: 'fast', version: 2 },
    { name: 'fast', version: 3 },
    { name: 'other', version: 1 },
  ]);
});
