import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { BatchReason } from '../src/batches/batch.entity.js';
import type { BatchPlanningStore } from '../src/batches/batch-planning.store.js';
import type { BatchRow, BatchesStore } from '../src/batches/batches.store.js';
import { advanceBatch } from './advance-batch.js';
import type { BatchActivities } from './batch-activities.js';
import { withHeartbeats } from './heartbeats.js';

/** What the worker gives the ending of batches. */
export interface FinishBatchParts {
  batches: BatchesStore;
  planning: BatchPlanningStore;
  /** Writes the files of OpenAI's interface and returns their ids; null: there is nothing of that kind. */
  writeOutputs(batch: BatchRow): Promise<{ outputFileId: string | null; errorFileId: string | null }>;
}

/** Ends a batch: every item gets an outcome, the files are written, then the status says so. Repeating it writes the same. */
export function createFinishBatch(parts: FinishBatchParts): BatchActivities['finishBatch'] {
  return (input) => {
    const context = Context.current();
    const finished = finish(parts, input, () => {
      context.cancellationSignal.throwIfAborted();
    });
    return withHeartbeats(context, finished);
  };
}

async function finish(parts: FinishBatchParts, { batchId, status }: Parameters<BatchActivities['finishBatch']>[0], beat: () => void): ReturnType<BatchActivities['finishBatch']> {
  const { batches, planning } = parts;
  const batch = await batches.find(batchId);
  if (!batch) throw ApplicationFailure.nonRetryable(`Batch ${batchId} is not in the database.`, 'internal');
  if (status === 'canceled') await keepWhatIsDone(planning, batchId, beat);
  const counts = await batches.settleItems(batchId, status, unfinished(status, batch.reason));
  const files = batch.interface === 'openai' ? await parts.writeOutputs(batch) : { outputFileId: null, errorFileId: null };
  await batches.finish(batchId, { status, reason: reasonOf(status, batch), ...files });
  return counts;
}

/** Items whose calls all had their answers when the batch was canceled are done, and paid for. */
async function keepWhatIsDone(planning: BatchPlanningStore, batchId: string, beat: () => void): Promise<void> {
  const batch = await planning.batch(batchId);
  if (batch) await advanceBatch(planning, batchId, batch, beat, { asItIs: true });
}

function unfinished(status: 'completed' | 'failed' | 'canceled', reason: BatchReason | null): BatchReason {
  if (status === 'canceled') return { code: 'canceled', message: 'The batch was canceled before this item had its answer.' };
  return reason ?? { code: 'internal', message: 'The batch ended before this item had its answer.' };
}

function reasonOf(status: string, { reason, inputFaults }: BatchRow): BatchReason | null {
  const [first] = inputFaults ?? [];
  if (status !== 'failed' || reason !== null || !first) return null;
  return { code: 'invalid_input', message: `Line ${first.line} of the input: ${first.message}` };
}
