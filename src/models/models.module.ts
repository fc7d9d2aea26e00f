import { Module } from '@nestjs/common';
import { loadModelRegistry } from '../config/model-registry.js';
import { ModelsService } from './models.service.js';

/** The registry of models, prices and capabilities. */
@Module({ providers: [{ provide: ModelsService, useFactory: () => new ModelsService(loadModelRegistry()) }], exports: [ModelsService] })
export class ModelsModule {}
