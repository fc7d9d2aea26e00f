import { createDataSource } from '../database/data-source.js';
import { migrate } from '../database/migrate.js';

/** Brings the database up to date and returns the names of the migrations that ran. Safe beside others that do the same. */
export async function migrateDatabase(databaseUrl: string): Promise<string[]> {
  const dataSource = createDataSource(databaseUrl, 2);
  await dataSource.initialize();
  try {
    return await migrate(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
