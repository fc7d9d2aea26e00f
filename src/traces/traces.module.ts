import { Module } from '@nestjs/common';
import { PanelsModule } from '../panels/panels.module.js';
import { MetricsStore } from './metrics.store.js';
import { TracesController } from './traces.controller.js';
import { TracesService } from './traces.service.js';
import { TracesStore } from './traces.store.js';

/** Records of what happened: completions, calls, figures. */
@Module({ imports: [PanelsModule], controllers: [TracesController], providers: [TracesStore, MetricsStore, TracesService] })
export class TracesModule {}
