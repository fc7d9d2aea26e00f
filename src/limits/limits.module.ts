import { Module } from '@nestjs/common';
import type pg from 'pg';
import { gatePolicies } from '../../workflows/policies/gate-policies.js';
import { CONFIG, type Config } from '../config/config.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import { ModelsModule } from '../models/models.module.js';
import { ModelsService } from '../models/models.service.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { ProvidersService } from '../providers/providers.service.js';
import { limitsOf } from './limits-of.js';
import { LimitsController } from './limits.controller.js';
import { LimitsService } from './limits.service.js';

/** What the workers share about providers, for people to look at. The gate itself is the worker's. */
@Module({
  imports: [ModelsModule, ProvidersModule],
  controllers: [LimitsController],
  providers: [
    {
      provide: LimitsService,
      inject: [CONFIG, POSTGRES_POOL, ModelsService, ProvidersService],
      useFactory: (config: Config, pool: pg.Pool, models: ModelsService, providers: ProvidersService) => {
        const written = config.file.provider_limits;
        return new LimitsService({
          pool,
          limitsOf: limitsOf(written, models),
          policy: gatePolicies[config.policy].health,
          providers: () => providers.names().map((name) => ({ name, isConfigured: providers.isConfigured(name) })),
          models: (provider) => [...new Set([...models.everything().flatMap((model) => (model.provider === provider ? [model.id] : [])), ...modelsOf(written, provider)])],
        });
      },
    },
  ],
})
export class LimitsModule {}

function modelsOf(written: Config['file']['provider_limits'], provider: string): string[] {
  return Object.keys(written).flatMap((key) => (key.startsWith(`${provider}/`) ? [key.slice(provider.length + 1)] : []));
}
