import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { WrittenJob } from '../src/batches/batch-planning.store.js';
import { advanceBatch } from './advance-batch.js';
import { assignCalls } from './assign-calls.js';
import type { PlanningParts } from './assign-calls.js';
import type { BatchActivities, BatchReference, RoundPlan } from './batch-activities.js';
import { withHeartbeats } from './heartbeats.js';

/** Jobs of a batch that are not final at once. What does not fit waits for the next round, so that no round's history grows with the batch. */
const mostJobs = 100;

/** The activity that plans a round. */
export function createPlanRound(parts: PlanningParts): BatchActivities['planRound'] {
  return (input) => {
    const context = Context.current();
    const planned = planRound(parts, input, () => {
      context.cancellationSignal.throwIfAborted();
    });
    return withHeartbeats(context, planned);
  };
}

/**
 * Plans a round: advances items, and puts the calls they miss into jobs. May end at any statement and be repeated: what is written is found again, a job and its lines are one
 * transaction. Calls that can't be sent fail here, and their items are advanced once more, for that may decide them or need other calls.
 */
export async function planRound(parts: PlanningParts, { batchId, round }: BatchReference & { round: number }, beat: () => void = () => undefined): Promise<RoundPlan> {
  const { planning } = parts;
  const batch = await planning.batch(batchId);
  if (!batch) throw ApplicationFailure.nonRetryable(`Batch ${batchId} is not in the database: its workflow belongs to another one, or it was deleted.`, 'internal');
  let heldBy: WrittenJob['heldBy'] = null;
  if (!batch.cancelRequested) {
    for (let failed = 1; failed > 0; ) {
      await advanceBatch(planning, batchId, batch, beat);
      const { jobs } = await planning.standing(batchId);
      const assigned = await assignCalls(parts, { batchId, round, batch, room: mostJobs - jobs.length, beat });
      ({ failed, heldBy } = assigned);
    }
  }
  const { jobs, pending, waiting } = await planning.standing(batchId);
  return { jobs, ...(batch.cancelRequested ? { canceled: true as const } : {}), maxInflight: batch.options.maxInflight, pending, waiting, heldBy: heldBy && { code: capReached(heldBy), message: capMessage(heldBy, waiting) }, ...(batch.standing ? { standing: batch.standing } : {}) };
}

function capReached({ budget: { caps, reserved, spent }, needed }: NonNullable<WrittenJob['heldBy']>): 'cost_cap' | 'token_cap' {
  return caps.nanoUsd !== null && reserved.nanoUsd + spent.nanoUsd + needed.nanoUsd > caps.nanoUsd ? 'cost_cap' : 'token_cap';
}

function capMessage({ budget, needed, lines }: NonNullable<WrittenJob['heldBy']>, waiting: number): string {
  const { caps, reserved, spent } = budget;
  const usd = (nanoUsd: number): string => `$${(nanoUsd / 1e9).toFixed(nanoUsd % 1_000 === 0 ? 6 : 9)}`;
  const money = caps.nanoUsd === null ? '' : `the cap is ${usd(caps.nanoUsd)}, ${usd(spent.nanoUsd)} is spent, ${usd(reserved.nanoUsd)} is set aside for what is under way, and the next ${lines} of them may cost up to ${usd(needed.nanoUsd)}`;
  const tokens = caps.tokens === null ? '' : `the cap is ${caps.tokens} tokens, ${spent.tokens} are spent, ${reserved.tokens} are set aside, and the next ${lines} of them may take up to ${needed.tokens}`;
  return `${waiting === 1 ? '1 call waits' : `${waiting} calls wait`}, as they do not all fit under the cap: ${[money, tokens].filter((part) => part !== '').join('; ')}. Raise the cap to go on.`;
}
