import { Context } from '@temporalio/activity';
import { pollDelayMs } from '../domain/batches/poll-delay.js';
import { isRetryable } from '../domain/failures/failure-code.js';
import type { JobAtWork } from '../src/batches/provider-jobs.store.js';
import type { BatchCallOptions, BatchProvider, JobStatus } from '../src/providers/batch-provider.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import type { BatchActivities, HeldJob } from './batch-activities.js';
import { atProvider, batchInterface, jobStep, later, meetTrouble } from './job-parts.js';
import type { JobParts } from './job-parts.js';

/** Looks that found no job, or a completed one without results, before the last one that counts. */
const sureAfter = 2;
/** Why a job that is completed is asked again; shown as its reason. */
const resultsMissing = 'results_missing';

/**
 * The activity that waits for the end of a job at its provider: one look, then a benign failure that names the time of the next. The provider's troubles never fail the job: it is
 * asked again until its maximum age, then canceled, and after a bounded wait for that it counts as ended.
 */
export function createAwaitJob(parts: JobParts): BatchActivities['awaitJob'] {
  return (reference) => {
    const context = Context.current();
    return jobStep(parts, context, reference, (job) => look(parts, job, context.cancellationSignal));
  };
}

/** Looks once at the job as its row was when it was read. */
export async function look(parts: JobParts, job: JobAtWork, signal: AbortSignal): Promise<{ state: 'ended' } | HeldJob> {
  if (job.status !== 'running' || job.reference === null) return { state: 'ended' };
  const now = Date.now();
  const ageMs = now - (job.submittedAt ?? now);
  try {
    const batch = batchInterface(parts, job);
    const options = { signal, timeoutMs: parts.policy.awaitJob.requestTimeoutMs };
    const canceled = await cancelWhereDue(parts, batch, job, ageMs, options);
    const { reference } = job;
    const status = await atProvider(parts, job, options, (limits) => batch.status(reference, limits));
    const unshown = saidBefore(job, resultsMissing);
    if (lacksResults(status) && unshown < sureAfter) {
      await parts.jobs.noteDoubt(job.id, { code: resultsMissing, message: `The provider says that it has ${String(status.succeeded)} answers and names no file of them yet.` }, unshown + 1);
      throw later('The provider has ended the job and does not show its results yet.', pollMs(parts, job, ageMs));
    }
    await parts.jobs.saveStatus(job.id, status);
    if (status.state !== 'running') return await end(parts, job, status.error === null ? null : { code: status.state, message: status.error });
    await parts.jobs.refreshBatchStatus(job.batchId);
    if (isOverdue(parts, job, ageMs)) return await end(parts, job, overdue(parts));
    throw later(`${status.providerState}: ${progressOf(status)}`, pollMs(parts, job, canceled ? 0 : ageMs));
  } catch (error) {
    if (!(error instanceof ProviderFailure) || signal.aborted) throw error;
    return pollFailed(parts, job, error, ageMs);
  }
}

async function cancelWhereDue(parts: JobParts, batch: BatchProvider, job: JobAtWork, ageMs: number, options: BatchCallOptions): Promise<boolean> {
  if (!job.batch.cancelRequested && ageMs <= job.batch.options.maxAgeMs) return false;
  const { reference } = job;
  if (job.cancelSentAt !== null || reference === null) return true;
  try {
    await atProvider(parts, job, options, (limits) => batch.cancel(reference, limits));
  } catch (error) {
    // A refusal will not change by asking again: its end is awaited all the same, within bounds.
    if (!(error instanceof ProviderFailure) || isRetryable(error.code) || error.code === 'auth' || error.code === 'billing') throw error;
  }
  await parts.jobs.noteCancelSent(job.id);
  return true;
}

function isOverdue(parts: JobParts, job: JobAtWork, ageMs: number): boolean {
  const sinceCancelMs = job.cancelSentAt === null ? ageMs - job.batch.options.maxAgeMs : Date.now() - job.cancelSentAt;
  return sinceCancelMs > parts.policy.awaitJob.cancelWaitMs;
}

function overdue(parts: JobParts): { code: string; message: string } {
  return { code: 'deadline_exceeded', message: `The provider did not end the job within ${String(parts.policy.awaitJob.cancelWaitMs / 1_000)} s after it was asked to.` };
}

async function end(parts: JobParts, job: JobAtWork, reason: { code: string; message: string } | null): Promise<{ state: 'ended' }> {
  await parts.jobs.end(job.id, reason);
  await parts.jobs.refreshBatchStatus(job.batchId);
  return { state: 'ended' };
}

async function pollFailed(parts: JobParts, job: JobAtWork, failure: ProviderFailure, ageMs: number): Promise<{ state: 'ended' } | HeldJob> {
  // The provider forgot the job: what it did is lost, and its lines wait again, to be paid once more. One that says so once may not know it yet.
  const isUnknown = failure.code === 'not_found';
  const unknown = saidBefore(job, 'not_found');
  if (isUnknown && unknown >= sureAfter) return end(parts, job, { code: 'not_found', message: failure.message });
  if (failure.code === 'auth' || failure.code === 'billing') return meetTrouble(parts, job, failure);
  if (isOverdue(parts, job, ageMs)) return end(parts, job, overdue(parts));
  const reason = { code: failure.code, message: failure.message };
  await (isUnknown ? parts.jobs.noteDoubt(job.id, reason, unknown + 1) : parts.jobs.noteTrouble(job.id, reason));
  throw later(failure.message, Math.max(pollMs(parts, job, ageMs), Math.min(failure.retryAfterMs ?? 0, parts.policy.maxRetryDelayMs)));
}

/** How often in a row, without anything else in between, it said so before: to believe it would cost the lines' answers, and they would be paid once more. */
function saidBefore({ reason, troubleCount }: JobAtWork, code: string): number {
  return reason?.code === code ? troubleCount : 0;
}

/** A job may be shown as completed a moment before its files are. */
function lacksResults({ state, succeeded, results }: JobStatus): boolean {
  return state === 'completed' && (succeeded ?? 0) > 0 && results === null;
}

function pollMs(parts: JobParts, job: JobAtWork, ageMs: number): number {
  return Math.min(pollDelayMs(ageMs, job.batch.options), parts.policy.awaitJob.maxPollMs);
}

function progressOf({ total, succeeded, failed }: JobStatus): string {
  return `${String((succeeded ?? 0) + (failed ?? 0))} of ${String(total ?? 'unknown')} lines`;
}
