import type { DataSource } from 'typeorm';
import { processEnvironment } from '../config/process-environment.js';
import { createDataSource } from '../database/data-source.js';
import { localRun } from './find-server.js';

/** Runs something on the database of DATABASE_URL, or of the embedded one that runs with this CONCLAVE_HOME. */
export async function withDatabase<Result>(use: (dataSource: DataSource) => Promise<Result>): Promise<Result> {
  const dataSource = createDataSource(databaseUrl(), 2);
  try {
    await dataSource.initialize();
  } catch (error) {
    throw new Error(`The database does not answer: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  try {
    return await use(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

function databaseUrl(): string {
  const url = processEnvironment()['DATABASE_URL'] ?? localRun()?.databaseUrl;
  if (!url) throw new Error('No database is known. Set DATABASE_URL, or start Conclave with "npm start" in another terminal: its embedded database is found by CONCLAVE_HOME.');
  return url;
}
