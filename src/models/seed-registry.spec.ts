import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { createTestDatabase, rowsOf, type TestDatabase } from '../../test/support/database.js';
import { parseModelRegistry } from '../config/model-registry.js';
import { createDataSource } from '../database/data-source.js';
import { migrate } from '../database/migrate.js';

const registry = (models: string, comment = '') =>
  parseModelRegistry(`${comment}\nsources: { list: { source: list, date: 2026-01-02, verified: true } }
providers:
  spec: { display_name: S, env_var: null, sdk: s, base_url: null, default_model: null, models: { ${models} } }`);
const model = (id: string, input: number, output: number) => `${id}: { display_name: ${id}, input_per_million: ${String(input)}, output_per_million: ${String(output)}, price_source: list }`;

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

const history = () =>
  rowsOf<{ model: string; input: string; origin: string; open: boolean }>(database.url, `SELECT model, input_nano_usd_per_million::text AS input, origin, valid_until IS NULL AS open FROM model_prices WHERE provider = 'spec' ORDER BY id`);

describe('seeding', () => {
  it('has taken over every price of models.yaml with the migrations', async () => {
    const [row] = await rowsOf(database.url, `SELECT *, source_date::text FROM model_prices WHERE provider = 'openai' AND model = 'gpt-4o-mini'`);
    expect(row).toMatchObject({ input_nano_usd_per_million: '75000000', output_nano_usd_per_million: '300000000', cached_input_nano_usd_per_million: '37500000', realtime_multiplier: '2', source: 'octobatch@3a34388', source_date: '2026-03-31', verified: false, origin: 'seed', valid_until: null });
  });

  it('closes the row of a changed price and opens another, once per change, and leaves overrides alone', async () => {
    await rowsOf(database.url, `INSERT INTO model_prices (provider, model, origin, input_nano_usd_per_million, output_nano_usd_per_million, realtime_multiplier, source, source_date, verified, valid_from, changed_by)
      VALUES ('spec', 'a', 'override', 7, 7, 2, 'contract', '2026-01-01', true, now(), 'key_1')`);
    await migrate(dataSource, registry(`${model('a', 1, 2)}, ${model('b', 3, 4)}`));
    await migrate(dataSource, registry(`${model('a', 1, 2)}, ${model('b', 3, 4)}`, '# only a comment'));
    const seeded = await history();
    expect(seeded).toEqual([
      { model: 'a', input: '7', origin: 'override', open: true },
      { model: 'a', input: '1000000000', origin: 'seed', open: true },
      { model: 'b', input: '3000000000', origin: 'seed', open: true },
    ]);
    await migrate(dataSource, registry(model('a', 1.5, 2)));
    expect(await history()).toEqual([
      seeded[0],
      { ...seeded[1], open: false },
      { ...seeded[2], open: false },
      { model: 'a', input: '1500000000', origin: 'seed', open: true },
    ]);
  });

  it('goes back to an earlier content as to any other', async () => {
    await migrate(dataSource, registry(`${model('a', 1, 2)}, ${model('b', 3, 4)}`));
    expect((await history()).filter(({ open, origin }) => open && origin === 'seed')).toEqual([
      { model: 'a', input: '1000000000', origin: 'seed', open: true },
      { model: 'b', input: '3000000000', origin: 'seed', open: true },
    ]);
    const gaps = await rowsOf(database.url, `SELECT 1 FROM model_prices earlier JOIN model_prices later USING (provider, model, origin) WHERE later.id > earlier.id AND later.valid_from < earlier.valid_until`);
    expect(gaps).toEqual([]);
  });

  it('happens once when two processes start together', async () => {
    const other = await createDataSource(database.url, 2).initialize();
    const next = registry(model('a', 9, 9));
    await Promise.all([migrate(dataSource, next), migrate(other, next)]);
    await other.destroy();
    expect((await history()).filter(({ input }) => input === '9000000000')).toHaveLength(1);
  });
});
