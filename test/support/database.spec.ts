import { afterAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, rowsOf } from './database.js';

describe('createTestDatabase', () => {
  const databases = [createTestDatabase(), createTestDatabase()];
  afterAll(async () => {
    for (const database of await Promise.all(databases)) await database.drop();
  });

  it('gives each caller a migrated database of its own', async () => {
    const [one, other] = await Promise.all(databases);
    await rowsOf(one!.url, `INSERT INTO panels (name, version, definition) VALUES ('fast', 1, '{}')`);
    expect(await rowsOf(one!.url, 'SELECT name FROM panels')).toEqual([{ name: 'fast' }]);
    expect(await rowsOf(other!.url, 'SELECT name FROM panels')).toEqual([]);
  });
});
