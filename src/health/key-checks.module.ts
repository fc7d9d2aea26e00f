import { Module } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { ModelsModule } from '../models/models.module.js';
import { ModelsService } from '../models/models.service.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { ProvidersService } from '../providers/providers.service.js';
import { KeyChecks } from './key-checks.js';
import { keyVariableOf } from './key-variable.js';

/** Checks of providers before money is committed. */
@Module({
  imports: [ModelsModule, ProvidersModule],
  providers: [
    {
      provide: KeyChecks,
      inject: [CONFIG, ProvidersService, ModelsService],
      useFactory: (config: Config, providers: ProvidersService, models: ModelsService) => new KeyChecks(providers, models, (name) => keyVariableOf(config, name)),
    },
  ],
  exports: [KeyChecks],
})
export class KeyChecksModule {}
