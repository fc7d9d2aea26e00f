import { Module } from '@nestjs/common';
import type pg from 'pg';
import { BudgetsStore } from '../budgets/budgets.store.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import { FilesModule } from '../files/files.module.js';
import { KeyChecksModule } from '../health/key-checks.module.js';
import { ModelsModule } from '../models/models.module.js';
import { TargetsService } from '../models/targets.service.js';
import { PanelsModule } from '../panels/panels.module.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { BatchControlService } from './batch-control.service.js';
import { BatchDrafts } from './batch-drafts.js';
import { BatchEngine } from './batch-engine.js';
import { BatchInputsService } from './batch-inputs.service.js';
import { BatchIntegrityController } from './batch-integrity.controller.js';
import { BatchIntegrityService } from './batch-integrity.service.js';
import { BatchIntegrityStore } from './batch-integrity.store.js';
import { BatchItemsStore } from './batch-items.store.js';
import { BatchReadsService } from './batch-reads.service.js';
import { BatchReadsStore } from './batch-reads.store.js';
import { BatchRequests } from './batch-requests.js';
import { BatchSweep } from './batch-sweep.js';
import { BatchesController } from './batches.controller.js';
import { BatchesService } from './batches.service.js';
import { BatchesStore } from './batches.store.js';
import { OpenAiBatchesController } from './openai-batches.controller.js';

/** Batches, under `/api` and in the form of OpenAI. */
@Module({
  imports: [FilesModule, KeyChecksModule, ModelsModule, PanelsModule, ProvidersModule],
  controllers: [BatchesController, BatchIntegrityController, OpenAiBatchesController],
  providers: [
    BatchControlService,
    BatchDrafts,
    BatchEngine,
    BatchInputsService,
    BatchIntegrityService,
    BatchItemsStore,
    BatchReadsService,
    BatchReadsStore,
    BatchRequests,
    BatchSweep,
    BatchesService,
    BatchesStore,
    TargetsService,
    { provide: BatchIntegrityStore, inject: [POSTGRES_POOL], useFactory: (pool: pg.Pool) => new BatchIntegrityStore(pool) },
    { provide: BudgetsStore, inject: [POSTGRES_POOL], useFactory: (sql: Sql) => new BudgetsStore(sql) },
  ],
})
export class BatchesModule {}
