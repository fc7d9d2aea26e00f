import { Module } from '@nestjs/common';
import { KeyChecksModule } from '../health/key-checks.module.js';
import { ModelsModule } from '../models/models.module.js';
import { TargetsService } from '../models/targets.service.js';
import { PanelsModule } from '../panels/panels.module.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { BenchmarksController } from './benchmarks.controller.js';
import { RunControlService } from './run-control.service.js';
import { RunEngine } from './run-engine.js';
import { RunReadsService } from './run-reads.service.js';
import { RunReadsStore } from './run-reads.store.js';
import { RunSweep } from './run-sweep.js';
import { RunTargetService } from './run-target.service.js';
import { RunsController } from './runs.controller.js';
import { RunsService } from './runs.service.js';
import { RunsStore } from './runs.store.js';

/** Benchmark runs. */
@Module({
  imports: [KeyChecksModule, ModelsModule, PanelsModule, ProvidersModule],
  controllers: [RunsController, BenchmarksController],
  providers: [RunControlService, RunEngine, RunReadsService, RunReadsStore, RunSweep, RunTargetService, RunsService, RunsStore, TargetsService],
})
export class RunsModule {}
