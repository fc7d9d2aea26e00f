import { Context } from '@temporalio/activity';
import { isRetryable } from '../domain/failures/failure-code.js';
import type { JobAtWork } from '../src/batches/provider-jobs.store.js';
import { untilDatabaseAnswers } from '../src/database/until-database-answers.js';
import type { BatchProvider, JobMarker, JobStatus } from '../src/providers/batch-provider.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import type { BatchActivities, HeldJob } from './batch-activities.js';
import { lineId, renderLines } from './job-lines.js';
import { atProvider, batchInterface, closeJob, jobStep, later, meetTrouble } from './job-parts.js';
import type { JobParts } from './job-parts.js';

type Submitted = { state: 'running' | 'ended' | 'closed' } | HeldJob;

/** Milliseconds for which the id of a job that was just created waits for a database that is away. */
const patienceMs = 15 * 60_000;

/**
 * The activity that creates a job at its provider, once. The row says how far an earlier attempt came: nothing sent (`create_started_at` null), perhaps created (look for it
 * first), or created.
 */
export function createSubmitJob(parts: JobParts): BatchActivities['submitJob'] {
  return (reference) => {
    const context = Context.current();
    return jobStep(parts, context, reference, (job) => submit(parts, job, context.cancellationSignal));
  };
}

async function submit(parts: JobParts, job: JobAtWork, signal: AbortSignal): Promise<Submitted> {
  if (job.status === 'running' || job.status === 'ended') return { state: job.status };
  if (job.status !== 'planned' && job.status !== 'creating') return { state: 'closed' };
  if (job.status === 'creating' && job.createStartedAt !== null) {
    if (await adoptEarlier(parts, job, signal)) return { state: 'running' };
    await parts.jobs.creationRefused(job.id, { keepPlace: true });
  }
  if (job.batch.cancelRequested) return closeUnsent(parts, job, 'canceled', { code: 'canceled', message: 'The batch was canceled.' });
  if (job.batch.status === 'paused' || job.batch.nextMode !== null) {
    await parts.jobs.creationRefused(job.id, { keepPlace: false });
    return { state: 'held', failure: null };
  }
  if (job.status === 'planned' && !(await takePlace(parts, job))) throw later(`All places of '${job.provider}' are taken.`, parts.policy.submitJob.placePollMs);
  await parts.jobs.refreshBatchStatus(job.batchId);
  return create(parts, job, signal);
}

function takePlace(parts: JobParts, job: JobAtWork): Promise<boolean> {
  return parts.jobs.takePlace(job, { providerLimit: parts.maxInflight(job.provider), batchLimit: job.batch.options.maxInflight });
}

async function create(parts: JobParts, job: JobAtWork, signal: AbortSignal): Promise<Submitted> {
  const firstLine = await parts.lines.first(job.id);
  if (firstLine === null) return closeUnsent(parts, job, 'collected', null);
  let isSent = false;
  try {
    const batch = batchInterface(parts, job);
    const lines = () => renderLines(parts, batch, job);
    const marker = markerOf(job, firstLine, Date.now());
    const inputReference = job.inputReference ?? (await upload(parts, job, batch, marker, lines, signal));
    // Without an input of its own nothing marks the job at the provider: two creations at a time could not be told apart.
    const createStartedAt = await parts.jobs.beginCreation(job, { serially: inputReference === null });
    if (createStartedAt === null) throw later(`Another job is being created at '${job.provider}'.`, parts.policy.submitJob.placePollMs);
    const status = await atProvider(parts, job, { signal, timeoutMs: parts.policy.submitJob.createTimeoutMs }, (options) => {
      isSent = true;
      return batch.create({ ...marker, inputReference, createStartedAt }, lines, options);
    });
    await adopt(parts, job, status, true);
    return { state: 'running' };
  } catch (error) {
    if (!(error instanceof ProviderFailure) || signal.aborted) throw error;
    return creationFailed(parts, job, error, isSent);
  }
}

async function upload(parts: JobParts, job: JobAtWork, batch: BatchProvider, marker: JobMarker, lines: () => ReturnType<typeof renderLines>, signal: AbortSignal): Promise<string | null> {
  const reference = await atProvider(parts, job, { signal, timeoutMs: parts.policy.submitJob.uploadTimeoutMs }, (options) => batch.upload(marker, lines, options));
  if (reference !== null) await parts.jobs.saveInput(marker.jobId, reference);
  return reference;
}

// A refusal (4xx) proves that nothing was created; no answer and a 5xx do not, and the next attempt looks first.
async function creationFailed(parts: JobParts, job: JobAtWork, failure: ProviderFailure, isSent: boolean): Promise<Submitted> {
  const refused = !isSent || (failure.httpStatus !== undefined && failure.httpStatus < 500);
  const canPass = isRetryable(failure.code);
  const holds = failure.code === 'auth' || failure.code === 'billing';
  if (refused || !canPass) await parts.jobs.creationRefused(job.id, { keepPlace: canPass });
  // Inputs expire: one from an earlier attempt may be gone.
  if (failure.code === 'not_found' && job.inputReference !== null) {
    await parts.jobs.forgetInput(job.id);
    throw later(failure.message, parts.policy.submitJob.retry.initialMs);
  }
  if (canPass || holds) {
    const met = await meetTrouble(parts, job, failure);
    // Others may go first while this batch stands still.
    if (refused) await parts.jobs.creationRefused(job.id, { keepPlace: false });
    return met;
  }
  return closeUnsent(parts, job, 'failed', { code: failure.code, message: failure.message });
}

async function closeUnsent(parts: JobParts, job: JobAtWork, status: 'collected' | 'failed' | 'canceled', reason: { code: ProviderFailure['code'] | 'canceled'; message: string } | null): Promise<Submitted> {
  const failure = reason ?? { code: 'internal' as const, message: 'The job had no lines.' };
  await parts.lines.closeOpen(job.id, { again: false, realtime: false, canceled: status === 'canceled', failure }, { maxAttempts: job.batch.options.maxAttempts, sent: status === 'failed' });
  await closeJob(parts, job, status, reason ? { reason } : {});
  return { state: 'closed' };
}

/** Looks for what an earlier attempt may have created. False: it is certain that there is nothing. */
async function adoptEarlier(parts: JobParts, job: JobAtWork, signal: AbortSignal): Promise<boolean> {
  const firstLine = await parts.lines.first(job.id);
  const startedAt = job.createStartedAt ?? 0;
  const found = await atProvider(parts, job, { signal, timeoutMs: parts.policy.awaitJob.requestTimeoutMs }, (options) => batchInterface(parts, job).find(markerOf(job, firstLine ?? '', startedAt), options));
  const match = await bestMatch(parts, job, found);
  if (match) {
    await adopt(parts, job, match.status, match.certain);
    return true;
  }
  const { createTimeoutMs, createSettleMs } = parts.policy.submitJob;
  const remainingMs = startedAt + createTimeoutMs + createSettleMs - Date.now();
  if (remainingMs > 0) throw later('An earlier attempt to create this job may still be under way.', Math.min(remainingMs, createSettleMs));
  return false;
}

async function bestMatch(parts: JobParts, job: JobAtWork, found: { status: JobStatus; certain: boolean }[]): Promise<{ status: JobStatus; certain: boolean } | null> {
  const others = await parts.jobs.othersReferences(job, found.map(({ status }) => status.reference));
  const free = found.filter(({ status: { reference } }) => !others.has(reference) && !job.rejectedReferences.includes(reference));
  const distance = ({ status }: { status: JobStatus }): number => Math.abs((status.createdAt ?? Number.MAX_SAFE_INTEGER) - (job.createStartedAt ?? 0));
  const [best] = free.sort((one, other) => Number(other.certain) - Number(one.certain) || distance(one) - distance(other));
  return best ?? null;
}

async function adopt(parts: JobParts, job: JobAtWork, status: JobStatus, certain: boolean): Promise<void> {
  await untilDatabaseAnswers(() => parts.jobs.saveReference(job.id, status, certain), { patienceMs });
  await parts.jobs.refreshBatchStatus(job.batchId);
}

function markerOf(job: JobAtWork, firstLine: string, createStartedAt: number): JobMarker {
  return { jobId: job.id, model: job.model, endpoint: job.endpoint, inputReference: job.inputReference, lines: job.lineCount, firstLineId: lineId(firstLine), createStartedAt };
}
