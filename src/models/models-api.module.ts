import { Module } from '@nestjs/common';
import { PanelsModule } from '../panels/panels.module.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { ListedModelsController } from './listed-models.controller.js';
import { ListedModelsService } from './listed-models.service.js';
import { ModelsModule } from './models.module.js';
import { RegistryController } from './registry.controller.js';
import { RegistryService } from './registry.service.js';
import { TargetsService } from './targets.service.js';

/** Endpoints about models; apart from `ModelsModule`, which the worker has too and which knows no panels. */
@Module({
  imports: [ModelsModule, PanelsModule, ProvidersModule],
  controllers: [ListedModelsController, RegistryController],
  providers: [ListedModelsService, RegistryService, TargetsService],
  exports: [ListedModelsService, TargetsService],
})
export class ModelsApiModule {}
