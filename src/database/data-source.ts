import { DataSource } from 'typeorm';
import { entities } from './entities.js';
import { migrations } from './migrations.js';

/** A TypeORM data source on `databaseUrl`; `poolSize` is the most connections of this process. Migrations never run by themselves: see `migrate.ts`. */
export function createDataSource(databaseUrl: string, poolSize = 10): DataSource {
  return new DataSource({
    type: 'postgres',
    url: databaseUrl,
    entities,
    migrations,
    synchronize: false,
    migrationsRun: false,
    poolSize,
    extra: { connectionTimeoutMillis: 5_000, keepAlive: true },
    applicationName: 'conclave',
  });
}
