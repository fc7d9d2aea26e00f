import { Context } from '@temporalio/activity';
import { callsToRemake } from '../domain/batches/calls-to-remake.js';
import type { BatchStateStore, FailedItem } from '../src/batches/batch-state.store.js';
import type { BatchActivities } from './batch-activities.js';
import { withHeartbeats } from './heartbeats.js';

const sliceSize = 200;

/** The activity that sets a batch's failed items back to pending. */
export function createRetryFailedItems(state: BatchStateStore): BatchActivities['retryFailedItems'] {
  return ({ batchId }) => withHeartbeats(Context.current(), retryFailedItems(state, batchId));
}

/**
 * Sets failed items back to pending, slice by slice, and opens the batch again. Of each item only failed calls are made anew. Where an item has none, its answer is at fault (it misses the
 * schema, or is empty), and it is asked again under a new key: with the same one the recorded answer would only be found again. One with calls that wait or are under way, as its batch ended
 * before they did, goes on with them.
 */
export async function retryFailedItems(state: BatchStateStore, batchId: string): Promise<{ items: number }> {
  let items = 0;
  for (;;) {
    const failed = await state.failedItems(batchId, sliceSize);
    if (failed.length === 0) break;
    const remade = failed.map((item) => callsToRemake(item.calls));
    const isAnswered = ({ calls }: FailedItem): boolean => calls.every(({ status }) => status !== 'waiting' && status !== 'assigned');
    items += await state.reopenItems({ ids: failed.map(({ id }) => id), remade: remade.flat(), askedAgain: failed.filter((item, index) => remade[index]?.length === 0 && isAnswered(item)).map(({ id }) => id) });
  }
  await state.reopen(batchId);
  return { items };
}
