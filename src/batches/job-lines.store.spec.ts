import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createBatchRows } from '../../test/support/batch-rows.js';
import type { TestDatabase } from '../../test/support/database.js';
import { createTestDatabase } from '../../test/support/database.js';
import { JobLinesStore } from './job-lines.store.js';

const lineCount = 10_000;

describe('the lines of a large job', () => {
  let database: TestDatabase;
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await createTestDatabase();
    // One connection, whose figures can be asked for.
    pool = new pg.Pool({ connectionString: database.url, max: 1 });
    const batchId = await createBatchRows(pool, { items: [] });
    await pool.query(`INSERT INTO provider_jobs (id, batch_id, round, mode, provider, model, endpoint, status, line_count) VALUES ('pjob_large', $1, 0, 'batch', 'openai', 'gpt-4o-mini', '', 'creating', $2)`, [batchId, lineCount]);
    await pool.query(
      `INSERT INTO batch_items (id, batch_id, ordinal, custom_id, model, plan_hash, seed, request, status) SELECT $1 || '.' || n, $1, n, n, 'spec', '0', 1, '{"messages": []}', 'pending' FROM generate_series(1, $2::integer) AS n`,
      [batchId, lineCount],
    );
    await pool.query(
      `INSERT INTO batch_calls (batch_id, item_id, key, provider, model, input, status, attempt, job_id) SELECT $1, $1 || '.' || n, 'answer/0/0/0', 'openai', 'gpt-4o-mini', '{}', 'assigned', 1, 'pjob_large' FROM generate_series(1, $2::integer) AS n`,
      [batchId, lineCount],
    );
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  async function rowsRead(): Promise<number> {
    await pool.query('SELECT pg_stat_force_next_flush()');
    const { rows } = await pool.query<{ read: number }>(`SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 AS read FROM pg_stat_user_tables WHERE relname IN ('batch_calls', 'batch_items')`);
    return rows[0]?.read ?? Number.NaN;
  }

  async function idsOf(pageSize: number): Promise<number[]> {
    const ids: number[] = [];
    for await (const { id } of new JobLinesStore(pool).stream('pjob_large', pageSize)) ids.push(Number(id));
    return ids;
  }

  it('are read once each, also while Postgres knows nothing of the table yet', async () => {
    const before = await rowsRead();
    const ids = await idsOf(100);
    expect(ids).toHaveLength(lineCount);
    expect(ids).toEqual([...ids].sort((one, other) => one - other));
    expect((await rowsRead()) - before).toBeLessThan(10 * lineCount);
  });

  it('are those that are open', async () => {
    await pool.query(`UPDATE batch_calls SET status = 'succeeded' WHERE id NOT IN (SELECT id FROM batch_calls ORDER BY id LIMIT 1 OFFSET 7) AND id <> (SELECT max(id) FROM batch_calls)`);
    expect(await idsOf(100)).toHaveLength(2);
  });
});
