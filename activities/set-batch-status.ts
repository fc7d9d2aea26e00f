import { ApplicationFailure } from '@temporalio/common';
import { batchStatuses } from '../domain/batches/batch-status.js';
import type { BatchStatus } from '../domain/batches/batch-status.js';
import type { BatchStateStore } from '../src/batches/batch-state.store.js';
import type { BatchActivities } from './batch-activities.js';

/** The activity that says what a batch is doing; a batch with a final status keeps it. */
export function createSetBatchStatus(state: BatchStateStore): BatchActivities['setBatchStatus'] {
  return async ({ batchId, status, ...change }) => {
    if (!isStatus(status)) throw ApplicationFailure.nonRetryable(`'${status}' is not a status of a batch. Known are: ${batchStatuses.join(', ')}.`, 'internal');
    await state.setStatus(batchId, { status, ...change });
  };
}

function isStatus(status: string): status is BatchStatus {
  return batchStatuses.some((known) => known === status);
}
