import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { createPostgresPool } from '../database/postgres-pool.js';
import { BudgetsStore } from './budgets.store.js';

let database: TestDatabase;
let pool: pg.Pool;
let budgets: BudgetsStore;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPostgresPool({ databaseUrl: database.url, size: 20, name: 'budgets spec' });
  budgets = new BudgetsStore(pool);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const cost = (nanoUsd: number, tokens = 0) => ({ nanoUsd, tokens });

describe('BudgetsStore', () => {
  it('lets 50 concurrent reservations never pass one cap', async () => {
    await budgets.create('many', { nanoUsd: 1_000, tokens: null });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => budgets.reserve('many', `job ${index}`, cost(70))));
    expect(answers.filter(Boolean)).toHaveLength(14);
    expect(await budgets.read('many')).toMatchObject({ reserved: { nanoUsd: 980 }, spent: { nanoUsd: 0 } });
  });

  it('lets 50 concurrent spenders who share a budget never pass it, whatever they settle meanwhile', async () => {
    await budgets.create('shared', { nanoUsd: 10_000, tokens: 4_000 });
    const spender = async (name: number): Promise<void> => {
      for (let job = 0; job < 5; job += 1) {
        const key = `batch ${name} job ${job}`;
        if (await budgets.reserve('shared', key, cost(300, 100))) await budgets.settle('shared', key, cost(200 + name, 90));
      }
    };
    const watch = { isOver: false, most: 0 };
    const watcher = (async () => {
      while (!watch.isOver) {
        const now = await budgets.read('shared');
        watch.most = Math.max(watch.most, now!.reserved.nanoUsd + now!.spent.nanoUsd);
        expect(now!.reserved.tokens + now!.spent.tokens).toBeLessThanOrEqual(4_000);
      }
    })();
    await Promise.all(Array.from({ length: 50 }, (_, name) => spender(name)));
    watch.isOver = true;
    await watcher;
    const end = await budgets.read('shared');
    expect(end!.reserved).toEqual(cost(0, 0));
    expect(watch.most).toBeLessThanOrEqual(10_000);
    expect(end!.spent.nanoUsd).toBeGreaterThan(1_000);
  });

  it('reserves and settles once per key, however often and by whomever it is asked', async () => {
    await budgets.create('once', { nanoUsd: 100, tokens: 50 });
    const same = await Promise.all(Array.from({ length: 20 }, () => budgets.reserve('once', 'job', cost(60, 10))));
    expect(same).toEqual(new Array(20).fill(true));
    expect(await budgets.read('once')).toMatchObject({ reserved: cost(60, 10) });
    const settled = await Promise.all(Array.from({ length: 20 }, () => budgets.settle('once', 'job', cost(150, 20))));
    expect(settled.filter(Boolean)).toHaveLength(1);
    expect(await budgets.read('once')).toMatchObject({ reserved: cost(0, 0), spent: cost(150, 20) });
    expect(await budgets.reserve('once', 'job', cost(60, 10))).toBe(true);
    expect(await budgets.reserve('once', 'other', cost(1))).toBe(false);
    expect(await budgets.settle('once', 'unknown', cost(1))).toBe(false);
    expect(await budgets.reserve('nobody', 'job', cost(1))).toBe(false);
  });

  it('holds the token cap by itself, and goes on once a cap is raised', async () => {
    await budgets.create('tokens', { nanoUsd: null, tokens: 10 });
    await budgets.create('tokens', { nanoUsd: 5, tokens: 1_000 });
    expect(await budgets.reserve('tokens', 'a', cost(1e12, 8))).toBe(true);
    expect(await budgets.reserve('tokens', 'b', cost(0, 3))).toBe(false);
    expect(await budgets.raise('tokens', { tokens: 5 })).toMatchObject({ caps: { nanoUsd: null, tokens: 10 } });
    expect(await budgets.raise('tokens', { tokens: 11 })).toMatchObject({ caps: { tokens: 11 } });
    expect(await budgets.reserve('tokens', 'b', cost(0, 3))).toBe(true);
    expect(await budgets.raise('tokens', { nanoUsd: 7 })).toMatchObject({ caps: { nanoUsd: null, tokens: 11 } });
    expect(await budgets.raise('nobody', { nanoUsd: 1 })).toBeNull();
  });

  it('counts what nobody knows the cost of as what was set aside, once', async () => {
    await budgets.create('unknown', { nanoUsd: 100, tokens: 50 });
    await budgets.reserve('unknown', 'job', cost(60, 10));
    expect([await budgets.settle('unknown', 'job', null), await budgets.settle('unknown', 'job', null)]).toEqual([true, false]);
    expect(await budgets.read('unknown')).toMatchObject({ reserved: cost(0, 0), spent: cost(60, 10) });
  });

  it('gives up what one of those who share a budget has set aside, and nothing of the others', async () => {
    await budgets.create('common', { nanoUsd: 100, tokens: 50 });
    for (const key of ['run_1.a', 'run_1.b', 'run_10.a']) await budgets.reserve('common', key, cost(10, 1));
    await budgets.settle('common', 'run_1.b', cost(4, 1));
    await budgets.release('common', 'run_1.');
    await budgets.release('common', 'run_1.');
    expect(await budgets.read('common')).toMatchObject({ reserved: cost(10, 1), spent: cost(4, 1) });
  });

  it('keeps nothing of a reservation whose transaction did not commit', async () => {
    await budgets.create('rolled', { nanoUsd: 10, tokens: null });
    const client = await pool.connect();
    await client.query('BEGIN');
    expect(await new BudgetsStore(client).reserve('rolled', 'job', cost(10))).toBe(true);
    await client.query('ROLLBACK');
    client.release();
    expect(await budgets.read('rolled')).toMatchObject({ reserved: cost(0) });
    expect(await budgets.reserve('rolled', 'job', cost(10))).toBe(true);
  });
});
