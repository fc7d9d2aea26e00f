import { DataSource } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { entities } from './entities.js';
import { migrations } from './migrations.js';

type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

/** Options of every data source of the product; `poolSize` is the most connections of this process. Migrations never run by themselves: see `migrate.ts`. */
export function dataSourceOptions(databaseUrl: string, poolSize = 10): PostgresOptions {
  return {
    type: 'postgres',
    url: databaseUrl,
    entities,
    migrations,
    synchronize: false,
    migrationsRun: false,
    poolSize,
    extra: { connectionTimeoutMillis: 5_000, keepAlive: true },
    applicationName: 'conclave',
  };
}

/** A TypeORM data source on `databaseUrl`. */
export function createDataSource(databaseUrl: string, poolSize = 10): DataSource {
  return new DataSource(dataSourceOptions(databaseUrl, poolSize));
}
