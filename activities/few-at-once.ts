import { Context } from '@temporalio/activity';
import type { BatchActivities } from './batch-activities.js';
import { withHeartbeats } from './heartbeats.js';

/** Places that activities share which hold much in memory. */
export class Places {
  private waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async take(): Promise<void> {
    if (this.free > 0) {
      this.free--;
      return;
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.free++;
  }
}

/** Those of the activities that have these names, never more of them at once than there are places; those that wait say that they live. */
function fewAtOnce(places: Places, activities: BatchActivities, names: readonly (keyof BatchActivities)[]): Partial<BatchActivities> {
  const named = Object.entries(activities).filter(([name]) => names.some((one) => one === name));
  // The same names with the same signatures.
  return Object.fromEntries(named.map(([name, activity]) => [name, (...args: unknown[]) => within(places, activity as (...args: unknown[]) => Promise<unknown>, args)]));
}

async function within(places: Places, activity: (...args: unknown[]) => Promise<unknown>, args: unknown[]): Promise<unknown> {
  await withHeartbeats(Context.current(), places.take());
  try {
    return await activity(...args);
  } finally {
    places.leave();
  }
}

/**
 * The activities of batches within bounds: those that may hold much share `places`, chunks of realtime calls have `chunkPlaces`. The others hold nothing worth counting and never wait: a poll, a
 * pause or a cancellation must not stand behind calls that take hours.
 */
export function boundedBatchActivities(activities: BatchActivities, { places, chunkPlaces }: { places: Places; chunkPlaces: Places }): BatchActivities {
  return { ...activities, ...fewAtOnce(places, activities, ['loadItems', 'planRound', 'submitJob', 'collectJob', 'finishBatch']), ...fewAtOnce(chunkPlaces, activities, ['makeRealtimeCalls']) };
}
