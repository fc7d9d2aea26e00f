import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { dataSourceOptions } from './data-source.js';
import { POSTGRES_POOL, poolOf } from './postgres-pool.js';

/** Connections of one api process: enough for its concurrency, few enough for several processes on a default server (100). */
const apiPoolSize = 16;

/** The api's database: TypeORM's data source for every room, and its `pg` pool (`POSTGRES_POOL`) for hot statements. Waits about a minute for a server that is starting. */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [CONFIG],
      useFactory: (config: Config) => ({ ...dataSourceOptions(databaseUrl(config), apiPoolSize), retryAttempts: 60, retryDelay: 1_000, verboseRetryLog: false }),
    }),
  ],
  providers: [{ provide: POSTGRES_POOL, inject: [DataSource], useFactory: poolOf }],
  exports: [TypeOrmModule, POSTGRES_POOL],
})
export class DatabaseModule {}

function databaseUrl(config: Config): string {
  const url = config.environment.DATABASE_URL;
  if (url === undefined) throw new Error('DATABASE_URL is not set. Start with "npm start" (which brings its own PostgreSQL) or name a database, such as postgres://user:password@127.0.0.1:5432/conclave.');
  return url;
}
