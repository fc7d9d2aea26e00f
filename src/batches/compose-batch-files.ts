import type { Config } from '../config/config.js';
import type { Sql } from '../database/sql.js';
import { FilesStore } from '../files/files.store.js';
import type { ModelsService } from '../models/models.service.js';
import { TargetsService } from '../models/targets.service.js';
import { PanelVersionsStore } from '../panels/panel-versions.store.js';
import { PlansService } from '../panels/plans.service.js';
import type { ProvidersService } from '../providers/providers.service.js';
import { BatchInputsService } from './batch-inputs.service.js';
import { BatchItemsStore } from './batch-items.store.js';
import { BatchesStore, type BatchRow } from './batches.store.js';
import type { ReadItem } from './item-reader.js';
import { writeOutputs } from './write-outputs.js';

/** What the worker's activities need to load a batch from its file and to end it with its files, composed by hand. */
export function composeBatchFiles({ config, sql, providers, models }: { config: Config; sql: Sql; providers: ProvidersService; models: ModelsService }) {
  const files = new FilesStore(sql);
  const items = new BatchItemsStore(sql);
  const plans = new PlansService(config, providers, models);
  const inputs = new BatchInputsService(files, plans, new TargetsService(config, providers, models), models);
  const versions = new PanelVersionsStore(sql);
  async function* read(batch: BatchRow): AsyncGenerator<ReadItem> {
    // The api stores panels at its start; a panel of the file has its version by the time a batch names it.
    plans.setPanelVersions(await versions.newest());
    yield* inputs.read({ ...batch, schema: batch.options.schema, capped: batch.costCapNanoUsd !== null });
  }
  return { batches: new BatchesStore(sql), items, read, writeOutputs: (batch: BatchRow) => writeOutputs({ files, items }, batch) };
}
