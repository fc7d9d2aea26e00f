import { Logger, Module } from '@nestjs/common';
import type pg from 'pg';
import { CONFIG, type Config } from '../config/config.js';
import { loadModelRegistry } from '../config/model-registry.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import { ModelsService } from './models.service.js';
import { RegistryWatch } from './registry-watch.js';
import { RegistryStore } from './registry.store.js';

/** The registry of models, prices and capabilities, kept equal to the database. */
@Module({
  providers: [
    { provide: ModelsService, useFactory: () => new ModelsService(loadModelRegistry()) },
    { provide: RegistryStore, inject: [POSTGRES_POOL], useFactory: (pool: pg.Pool) => new RegistryStore(pool) },
    {
      provide: RegistryWatch,
      inject: [ModelsService, RegistryStore, CONFIG],
      useFactory: (models: ModelsService, store: RegistryStore, config: Config) => {
        const logger = new Logger('Models');
        return new RegistryWatch({ models, store, databaseUrl: config.environment.DATABASE_URL ?? '', warn: (message) => { logger.warn(message); } });
      },
    },
  ],
  exports: [ModelsService, RegistryStore, RegistryWatch],
})
export class ModelsModule {}
