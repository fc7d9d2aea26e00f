import { describe, expect, it } from '@jest/globals';
import { asyncLocalStorage } from '@temporalio/activity';
import type { Context } from '@temporalio/activity';
import type { BatchActivities } from './batch-activities.js';
import { boundedBatchActivities, Places } from './few-at-once.js';

/** Activities that note their beginning and last until they are let go. */
function lastingActivities() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const lasting = (name: string) => () => {
    begun.push(name);
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  const names = ['loadItems', 'planRound', 'submitJob', 'awaitJob', 'collectJob', 'makeRealtimeCalls', 'cancelJobs', 'releaseJobs', 'setBatchStatus', 'retryFailedItems', 'finishBatch'];
  // What they return is not looked at.
  const activities = Object.fromEntries(names.map((name) => [name, lasting(name)])) as unknown as BatchActivities;
  return { begun, letGo: () => ends.shift()?.(), activities };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const reference = { batchId: 'batch', jobId: 'job' };

describe('activities of batches', () => {
  it('that hold much are few at once; chunks of calls take no place of theirs, and polls, pauses and cancellations wait for nobody', async () => {
    const { begun, letGo, activities } = lastingActivities();
    const bounded = boundedBatchActivities(activities, { places: new Places(1), chunkPlaces: new Places(1) });
    const run = (work: () => Promise<unknown>) => void asyncLocalStorage.run({ heartbeat: () => undefined } as unknown as Context, work);
    for (let chunk = 0; chunk < 2; chunk++) run(() => bounded.makeRealtimeCalls(reference));
    run(() => bounded.collectJob(reference));
    run(() => bounded.submitJob(reference));
    run(() => bounded.awaitJob(reference));
    run(() => bounded.cancelJobs(reference));
    run(() => bounded.setBatchStatus({ ...reference, status: 'paused', reason: null }));
    await turn();
    expect(begun.sort()).toEqual(['awaitJob', 'cancelJobs', 'collectJob', 'makeRealtimeCalls', 'setBatchStatus']);
    for (let end = 0; end < 5; end++) letGo();
    await turn();
    await turn();
    expect(begun.slice(5).sort()).toEqual(['makeRealtimeCalls', 'submitJob']);
    letGo();
    letGo();
  });
});
