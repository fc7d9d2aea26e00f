import type { RunActivities } from './run-activities.js';
import type { RunParts } from './run-parts.js';

/** The activity that notes a pause of a run, or its end. */
export function createSetRunStatus({ state }: RunParts): RunActivities['setRunStatus'] {
  return ({ runId, status, reason }) => state.setStatus(runId, status, reason);
}

/** The activity that sets samples in error back to pending. */
export function createRetryErrors({ state }: RunParts): RunActivities['retryErrors'] {
  return async ({ runId }) => ({ samples: await state.retry(runId) });
}
