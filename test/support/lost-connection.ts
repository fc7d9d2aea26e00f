import type pg from 'pg';
import { until } from './until.js';

/**
 * Runs `work` while `blocker` keeps it waiting for a row, and ends its connection there, as a restart of the server does. Resolves to how `work` ended.
 * @example
 * await expect(whileServerRestarts(pool, `SELECT FROM runs WHERE id = 'run_1' FOR UPDATE`, () => store.remove('run_1'))).rejects.toThrow();
 */
export async function whileServerRestarts<Result>(pool: pg.Pool, blocker: string, work: () => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(blocker);
    const ended = work();
    ended.catch(() => undefined);
    await until('a statement waits for the row', async () => {
      const { rowCount } = await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()`);
      return rowCount !== null && rowCount > 0;
    });
    return await ended;
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}
