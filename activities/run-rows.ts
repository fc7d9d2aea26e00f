import type { RunActivities } from './run-activities.js';
import type { RunParts } from './run-parts.js';

/** The activity that notes a pause of a run, or its end. At a cap no call of its samples is under way: what dead workers had set aside for some is given up. What jobs of its batches have set aside is theirs. */
export function createSetRunStatus({ state, budgets }: RunParts): RunActivities['setRunStatus'] {
  return async ({ runId, status, reason }) => {
    await state.setStatus(runId, status, reason);
    if (reason?.code !== 'cost_cap' && reason?.code !== 'token_cap') return;
    const run = await state.find(runId);
    if (run?.budgetId != null) await budgets.release(run.budgetId, `${run.id}.`);
  };
}

/** The activity that sets samples in error back to pending. */
export function createRetryErrors({ state }: RunParts): RunActivities['retryErrors'] {
  return async ({ runId }) => ({ samples: await state.retry(runId) });
}
