import { Context } from '@temporalio/activity';
import type { BatchActivities } from './batch-activities.js';
import { withHeartbeats } from './heartbeats.js';
import { settleJob } from './job-parts.js';
import type { JobParts } from './job-parts.js';

const reason = { code: 'canceled', message: 'The batch was canceled.' };

/** The activity that takes a batch's cancellation to its providers. What a provider does not hear now, `awaitJob` tells it again. */
export function createCancelJobs(parts: JobParts): BatchActivities['cancelJobs'] {
  return ({ batchId, final }) => {
    const context = Context.current();
    return withHeartbeats(context, cancel(parts, batchId, final === true, context.cancellationSignal));
  };
}

async function cancel(parts: JobParts, batchId: string, final: boolean, signal: AbortSignal): Promise<{ jobs: number }> {
  const atProviders = await parts.jobs.requestCancel(batchId);
  const options = { signal, timeoutMs: parts.policy.awaitJob.requestTimeoutMs };
  await Promise.allSettled(
    atProviders.map(async ({ id, provider, reference }) => {
      await parts.provider(provider).batch?.cancel(reference, options);
      await parts.jobs.noteCancelSent(id);
    }),
  );
  const closed = await parts.jobs.cancelRest(batchId, { all: final, reason });
  await settleClosed(parts, batchId);
  return { jobs: atProviders.length + closed.length };
}

/** The activity that takes a batch's jobs back before its mode is switched. */
export function createReleaseJobs(parts: JobParts): BatchActivities['releaseJobs'] {
  return ({ batchId }) =>
    withHeartbeats(
      Context.current(),
      parts.lines.release(batchId).then(async ({ lines }) => {
        await settleClosed(parts, batchId);
        return { lines };
      }),
    );
}

// Not those that were closed just now: an attempt that died may have closed some.
async function settleClosed(parts: JobParts, batchId: string): Promise<void> {
  for (const jobId of await parts.jobs.unsettled(batchId)) {
    const job = await parts.jobs.read(jobId);
    if (job) await settleJob(parts, job);
  }
}
