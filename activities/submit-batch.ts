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
/** A job may be dated a little after our own clock: clocks differ. */
const clockSkewMs = 60_000;

interface Found {
  status: JobStatus;
  certain: boolean;
}

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

/** Submits the job as its row was when it was read; any number of attempts may do so at the same time. */
export async function submit(parts: JobParts, job: JobAtWork, signal: AbortSignal): Promise<Submitted> {
  if (job.status === 'running' || job.status === 'ended') return { state: job.status };
  if (job.status !== 'planned' && job.status !== 'creating') return { state: 'closed' };
  if (job.status === 'creating' && job.createStartedAt !== null) {
    if (await adoptEarlier(parts, job, signal)) return { state: 'running' };
    await giveUpCreation(parts, job, { keepPlace: true });
    job.createStartedAt = null;
  }
  if (job.batch.cancelRequested) return closeUnsent(parts, job, 'canceled', { code: 'canceled', message: 'The batch was canceled.' });
  if (job.batch.status === 'paused' || job.batch.nextMode !== null) {
    if (job.status === 'creating') await giveUpCreation(parts, job, { keepPlace: false });
    return { state: 'held', failure: null };
  }
  if (job.status === 'planned' && !(await takePlace(parts, job))) throw later(`All places of '${job.provider}' or of its model '${job.model}' are taken.`, parts.policy.submitJob.placePollMs);
  await parts.jobs.refreshBatchStatus(job.batchId);
  return create(parts, job, signal);
}

/** What this attempt knows of the creation is out of date where another one began its own. */
async function giveUpCreation(parts: JobParts, job: Pick<JobAtWork, 'id' | 'createStartedAt'>, options: { keepPlace: boolean }): Promise<void> {
  if (!(await parts.jobs.creationRefused(job, options))) throw later('Another attempt to create this job is under way.', parts.policy.submitJob.placePollMs);
}

function takePlace(parts: JobParts, job: JobAtWork): Promise<boolean> {
  const { provider, model } = parts.maxInflight(job);
  return parts.jobs.takePlace(job, { providerLimit: provider, modelLimit: model, batchLimit: job.batch.options.maxInflight });
}

async function create(parts: JobParts, job: JobAtWork, signal: AbortSignal): Promise<Submitted> {
  const firstLine = await parts.lines.first(job.id);
  if (firstLine === null) return closeUnsent(parts, job, 'collected', null);
  let createStartedAt: number | null = null;
  try {
    const batch = batchInterface(parts, job);
    const lines = () => renderLines(parts, batch, job);
    const marker = markerOf(job, firstLine, Date.now());
    const inputReference = job.inputReference ?? (await upload(parts, job, batch, marker, lines, signal));
    const status = await atProvider(parts, job, { signal, timeoutMs: parts.policy.submitJob.createTimeoutMs }, async (options) => {
      // Only now that it may be sent: after its time-out, counted from here, the next attempt takes it for settled. Without an input of its own nothing marks the job at the
      // provider: two creations at a time could not be told apart.
      createStartedAt = await parts.jobs.beginCreation(job, { apartMs: inputReference === null ? latestMs(parts) + clockSkewMs : null });
      if (createStartedAt === null) throw later(`Another creation at '${job.provider}' is under way.`, parts.policy.submitJob.placePollMs);
      return batch.create({ ...marker, inputReference, createStartedAt }, lines, options);
    });
    if (!(await adopt(parts, job, status, true))) await cancelStray(parts, job, batch, status, signal);
    return { state: 'running' };
  } catch (error) {
    if (!(error instanceof ProviderFailure) || signal.aborted) throw error;
    return creationFailed(parts, { ...job, createStartedAt }, error);
  }
}

async function upload(parts: JobParts, job: JobAtWork, batch: BatchProvider, marker: JobMarker, lines: () => ReturnType<typeof renderLines>, signal: AbortSignal): Promise<string | null> {
  const reference = await atProvider(parts, job, { signal, timeoutMs: parts.policy.submitJob.uploadTimeoutMs }, (options) => batch.upload(marker, lines, options));
  if (reference !== null) await parts.jobs.saveInput(marker.jobId, reference);
  return reference;
}

// A refusal (4xx) proves that nothing was created; no answer, a 408, a 5xx and a 2xx that can't be read do not, and the next attempt looks first.
async function creationFailed(parts: JobParts, job: JobAtWork, failure: ProviderFailure): Promise<Submitted> {
  const { httpStatus = 0 } = failure;
  const refused = job.createStartedAt === null || (httpStatus >= 400 && httpStatus < 500 && httpStatus !== 408);
  const canPass = isRetryable(failure.code);
  const holds = failure.code === 'auth' || failure.code === 'billing';
  if (refused || !canPass) await giveUpCreation(parts, job, { keepPlace: canPass });
  // Inputs expire: one from an earlier attempt may be gone, for which Gemini says 403.
  if ((failure.code === 'not_found' || httpStatus === 403) && job.inputReference !== null) {
    await parts.jobs.forgetInput(job.id);
    throw later(failure.message, parts.policy.submitJob.retry.initialMs);
  }
  if (canPass || holds) {
    const met = await meetTrouble(parts, job, failure);
    // Others may go first while this batch stands still.
    if (refused && canPass) await giveUpCreation(parts, { id: job.id, createStartedAt: null }, { keepPlace: false });
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
  const match = await bestMatch(parts, job, found, firstLine, signal);
  if (match) {
    await adopt(parts, job, match.status, match.certain);
    return true;
  }
  const { createTimeoutMs, createSettleMs } = parts.policy.submitJob;
  const remainingMs = startedAt + createTimeoutMs + createSettleMs - Date.now();
  if (remainingMs > 0) throw later('An earlier attempt to create this job may still be under way.', Math.min(remainingMs, createSettleMs));
  return false;
}

/** Milliseconds after its beginning in which a creation may be dated by the provider. */
function latestMs({ policy: { submitJob } }: JobParts): number {
  return submitJob.createTimeoutMs + submitJob.createSettleMs + clockSkewMs;
}

/** The best of what was found: marked ones first, then by how close the creation was. One that is not marked and has results is told by them at once. */
async function bestMatch(parts: JobParts, job: JobAtWork, found: Found[], firstLine: string | null, signal: AbortSignal): Promise<Found | null> {
  const others = await parts.jobs.othersReferences(job, found.map(({ status }) => status.reference));
  const startedAt = job.createStartedAt ?? 0;
  const latestAt = startedAt + latestMs(parts);
  const free = found.filter(({ status: { reference, createdAt }, certain }) => !others.has(reference) && !job.rejectedReferences.includes(reference) && (certain || (createdAt ?? 0) <= latestAt));
  const distance = ({ status }: Found): number => Math.abs((status.createdAt ?? Number.MAX_SAFE_INTEGER) - startedAt);
  for (const match of free.sort((one, other) => Number(other.certain) - Number(one.certain) || distance(one) - distance(other))) {
    if (match.certain || match.status.results === null || firstLine === null) return match;
    const options = { signal, timeoutMs: parts.policy.collectJob.pieceTimeoutMs };
    if (await atProvider(parts, job, options, (limits) => batchInterface(parts, job).confirms(match.status, lineId(firstLine, job.id), limits))) return { ...match, certain: true };
  }
  return null;
}

/** False: the row has the reference of another creation, or is closed. */
async function adopt(parts: JobParts, job: JobAtWork, status: JobStatus, certain: boolean): Promise<boolean> {
  const saved = await untilDatabaseAnswers(async () => (await parts.jobs.saveReference(job.id, status, certain)) || (await parts.jobs.read(job.id))?.reference === status.reference, { patienceMs });
  await parts.jobs.refreshBatchStatus(job.batchId);
  return saved;
}

/** Ends at the provider what this attempt created after everybody had given it up, such as in a process that stood still for hours: nobody would collect it. */
async function cancelStray(parts: JobParts, job: JobAtWork, batch: BatchProvider, { reference }: JobStatus, signal: AbortSignal): Promise<void> {
  await atProvider(parts, job, { signal, timeoutMs: parts.policy.awaitJob.requestTimeoutMs }, (options) => batch.cancel(reference, options)).catch(() => undefined);
}

function markerOf(job: JobAtWork, firstLine: string, createStartedAt: number): JobMarker {
  return { jobId: job.id, model: job.model, endpoint: job.endpoint, inputReference: job.inputReference, lines: job.lineCount, firstLineId: lineId(firstLine, job.id), createStartedAt };
}
