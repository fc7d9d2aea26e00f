import { Module } from '@nestjs/common';
import { MetricsStore } from './metrics.store.js';
import { TracesController } from './traces.controller.js';
import { TracesService } from './traces.service.js';
import { TracesStore } from './traces.store.js';

/** Records of what happened: completions, calls, figures. */
@Module({ controllers: [TracesController], providers: [TracesStore, MetricsStore, TracesService] })
export class TracesModule {}
