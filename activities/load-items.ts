import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { BatchInputFault } from '../src/batches/batch.entity.js';
import type { BatchItemsStore, NewBatchItem } from '../src/batches/batch-items.store.js';
import type { BatchRow, BatchesStore } from '../src/batches/batches.store.js';
import type { BatchActivities } from './batch-activities.js';
import { withHeartbeats } from './heartbeats.js';

/** Items written in one statement. */
const groupSize = 500;
/** Faulty lines that are told. */
const toldFaults = 100;

/** What the worker gives the loading of items. */
export interface LoadItemsParts {
  batches: BatchesStore;
  items: BatchItemsStore;
  /** The batch's input, line by line. */
  read(batch: BatchRow): AsyncIterable<{ ok: true; item: NewBatchItem } | { ok: false; fault: BatchInputFault }>;
}

/** Loads a batch: its file is read as a stream and written in groups. A repetition reads the file again, and what is there stays. */
export function createLoadItems(parts: LoadItemsParts): BatchActivities['loadItems'] {
  return async ({ batchId }) => {
    const { batches } = parts;
    const batch = await batches.find(batchId);
    if (!batch) throw ApplicationFailure.nonRetryable(`Batch ${batchId} is not in the database.`, 'internal');
    if (batch.inputFaults) return { items: 0, faults: batch.inputFaults.length };
    if (batch.itemCount !== null) return { items: batch.itemCount, faults: 0 };
    const loaded = await withHeartbeats(Context.current(), load(parts, batch));
    if (loaded.faultCount > 0) await batches.faulty(batchId, loaded.faults);
    else await batches.loaded(batchId, loaded.count, loaded.simulated);
    return { items: loaded.faultCount > 0 ? 0 : loaded.count, faults: loaded.faultCount };
  };
}

async function load(parts: LoadItemsParts, batch: BatchRow): Promise<{ count: number; faults: BatchInputFault[]; faultCount: number; simulated: boolean }> {
  const context = Context.current();
  const { items } = parts;
  const faults: BatchInputFault[] = [];
  let faultCount = 0;
  let count = 0;
  let simulated = false;
  let group: NewBatchItem[] = [];
  for await (const line of parts.read(batch)) {
    if (!line.ok) {
      faultCount++;
      if (faults.length < toldFaults) faults.push(line.fault);
      continue;
    }
    count++;
    simulated ||= line.item.simulated;
    if (faultCount === 0) group.push(line.item);
    if (group.length < groupSize) continue;
    context.cancellationSignal.throwIfAborted();
    await items.insert(batch.id, group);
    group = [];
  }
  if (faultCount === 0 && group.length > 0) await items.insert(batch.id, group);
  return { count, faults, faultCount, simulated };
}
