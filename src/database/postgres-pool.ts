import pg from 'pg';
import type { DataSource } from 'typeorm';

/** Injection token of the api's `pg` pool (the one under TypeORM), for prepared statements on hot paths. */
export const POSTGRES_POOL = Symbol('POSTGRES_POOL');

/** A pool which survives restarts of the server: a lost idle connection is replaced on the next query. `options` are server settings of its sessions, such as `synchronous_commit=off`. */
export function createPostgresPool(pool: { databaseUrl: string; size: number; name: string; options?: string[] }): pg.Pool {
  const created = new pg.Pool({
    connectionString: pool.databaseUrl,
    max: pool.size,
    application_name: pool.name,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    ...(pool.options ? { options: pool.options.map((option) => `-c ${option}`).join(' ') } : {}),
  });
  // Without a listener a connection lost while idle would end the process.
  created.on('error', () => undefined);
  return created;
}

/** The `pg` pool of a TypeORM data source. */
export function poolOf(dataSource: DataSource): pg.Pool {
  // TypeORM's Postgres driver keeps its pool in `master`; the base type does not show it.
  return (dataSource.driver as unknown as { master: pg.Pool }).master;
}
