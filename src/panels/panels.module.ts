import { Module } from '@nestjs/common';
import { ModelsModule } from '../models/models.module.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { PanelsController } from './panels.controller.js';
import { PanelsService } from './panels.service.js';
import { PanelsStore } from './panels.store.js';
import { PlansService } from './plans.service.js';

/** Panels and the planner: which models answer a request, in which roles, with which options. */
@Module({
  imports: [ModelsModule, ProvidersModule],
  controllers: [PanelsController],
  providers: [PlansService, PanelsStore, PanelsService],
  exports: [PlansService],
})
export class PanelsModule {}
