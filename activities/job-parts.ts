import type { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { ModelReference } from '../domain/chat/call.js';
import { isRetryable } from '../domain/failures/failure-code.js';
import { retryDelayMs } from '../domain/failures/retry-delays.js';
import type { PassGate } from '../domain/limits/gate.js';
import type { CallPrice } from '../domain/pricing/call-price.js';
import type { JobLinesStore } from '../src/batches/job-lines.store.js';
import type { JobAtWork, ProviderJobsStore } from '../src/batches/provider-jobs.store.js';
import type { BatchCallOptions, BatchProvider } from '../src/providers/batch-provider.js';
import type { Provider } from '../src/providers/provider.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import type { BatchPolicy } from '../workflows/policies/batch-policies.js';
import type { HeldJob, Hindrance, JobReference } from './batch-activities.js';
import { withHeartbeats } from './heartbeats.js';
import { internalFailure } from './to-application-failure.js';

/** What the worker gives the steps of provider jobs. */
export interface JobParts {
  jobs: ProviderJobsStore;
  lines: JobLinesStore;
  policy: BatchPolicy;
  provider(name: string): Provider;
  /** Of a line in a batch job, now; null: unknown. */
  batchPrice(provider: string, model: string): CallPrice | null;
  /** False only where the registry says that the model takes no images. */
  acceptsImages(provider: string, model: string): boolean;
  /** `max_inflight_batches` of a model's provider and of the model itself (null: none). */
  maxInflight(of: ModelReference): { provider: number; model: number | null };
  /** Replaces the job's reservation by what it cost; once, however often it is called. */
  settle(budgetId: string, jobId: string, spent: { nanoUsd: number; tokens: number }): Promise<void>;
  /** Where requests about jobs wait while the provider is slowed down or out of order, and tell how they went. */
  pass: PassGate;
}

/** Runs one step of a job with heartbeats. A failure of the provider that the step did not decide about itself is met as trouble; bugs are permanent, so that the batch pauses and says so. */
export function jobStep<Result>(parts: JobParts, context: Context, { jobId }: JobReference, step: (job: JobAtWork) => Promise<Result>): Promise<Result | HeldJob> {
  return withHeartbeats(context, stepOf(parts, context, jobId, step));
}

async function stepOf<Result>(parts: JobParts, context: Context, jobId: string, step: (job: JobAtWork) => Promise<Result>): Promise<Result | HeldJob> {
  const job = await parts.jobs.read(jobId);
  if (!job) throw ApplicationFailure.nonRetryable(`Provider job ${jobId} is not in the database: its workflow belongs to another one, or the batch was deleted.`, 'internal');
  try {
    return await step(job);
  } catch (error) {
    // What a dying worker began another one finishes.
    if (context.cancellationSignal.aborted) throw later('The worker ended while it worked on this job.', 0);
    if (error instanceof ProviderFailure) return meetTrouble(parts, job, error);
    throw isBug(error) ? internalFailure(error) : error;
  }
}

/** What trying again would only meet again: our own mistakes, and values that the database refuses (SQLSTATE class 22). Anything else may pass, such as a database that is away. */
function isBug(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError || error instanceof SyntaxError) return true;
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^22...$/.test(error.code);
}

/** A wait that is no failure: Temporal tries the activity again after `delayMs`, and neither history nor metrics grow. */
export function later(message: string, delayMs: number): ApplicationFailure {
  return ApplicationFailure.create({ type: 'waiting', message, nextRetryDelay: Math.max(1, Math.round(delayMs)), category: ApplicationFailureCategory.BENIGN });
}

/** The provider's batch interface. */
export function batchInterface(parts: JobParts, job: JobAtWork): BatchProvider {
  const { batch } = parts.provider(job.provider);
  if (batch === null) throw new ProviderFailure({ code: 'unsupported_parameter', provider: job.provider, model: job.model, message: `Provider '${job.provider}' has no batch interface that Conclave speaks. Use mode 'realtime'.` });
  return batch;
}

/**
 * Decides what a failed request about a job means. A refused key, missing money and trouble that outlasts all retries hold the job; what may pass throws a wait. What can never pass
 * is thrown as it came, as only the step knows what it means.
 */
export async function meetTrouble(parts: JobParts, job: JobAtWork, failure: ProviderFailure, options: { forever?: boolean } = {}): Promise<HeldJob> {
  if (failure.code === 'auth' || failure.code === 'billing') return held(failure);
  if (!isRetryable(failure.code)) throw internalFailure(failure);
  const troubles = await parts.jobs.noteTrouble(job.id, { code: failure.code, message: failure.message });
  const delayMs = troubleDelayMs(parts.policy, job, failure, troubles);
  if (delayMs === null && options.forever !== true) {
    await parts.jobs.clearTrouble(job.id);
    return held(failure);
  }
  throw later(failure.message, delayMs ?? parts.policy.maxRetryDelayMs);
}

/** One request about a job, through the gate. Waiting there is no part of its time. */
export function atProvider<Result>(parts: JobParts, job: Pick<JobAtWork, 'provider' | 'model'>, options: BatchCallOptions, request: (options: BatchCallOptions) => Promise<Result>): Promise<Result> {
  const { provider, model } = job;
  return parts.pass({ provider, model, kind: 'batch', priority: 'unattended', ...options }, (timeoutMs) => request({ ...options, timeoutMs }));
}

/** Milliseconds until the next attempt after `troubles` failures in a row, by the batch's own knobs within the policy's bounds; null: no further attempt. */
export function troubleDelayMs(policy: BatchPolicy, { batch: { options } }: Pick<JobAtWork, 'batch'>, failure: ProviderFailure, troubles: number): number | null {
  const knobs = { maxAttempts: options.maxAttempts, initialDelayMs: options.initialDelayMs, backoffMultiplier: options.backoffMultiplier, rateLimitDelaysMs: policy.rateLimitDelaysMs };
  const delayMs = retryDelayMs(failure.code, troubles, knobs, failure.retryAfterMs);
  return delayMs === null ? null : Math.min(delayMs, policy.maxRetryDelayMs);
}

export function held(failure: ProviderFailure): HeldJob {
  return { state: 'held', failure: hindranceOf(failure) };
}

function hindranceOf({ code, message, retryAfterMs }: ProviderFailure): Hindrance {
  return { code, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** Settles the job's reservation by what the ledger says its answers cost; an attempt, or a line, of which nobody knows what it cost counts as what was set aside for it. */
export async function settleJob(parts: JobParts, job: JobAtWork): Promise<{ succeeded: number; failed: number }> {
  const { succeeded, failed, costNanoUsd, tokens } = await parts.lines.tally(job.id);
  if (job.batch.budgetId !== null) {
    const besides = await parts.lines.besides(job.id);
    const lost = isAccountedFor(job) ? { nanoUsd: 0, tokens: 0 } : await parts.lines.unanswered(job.id);
    await parts.settle(job.batch.budgetId, job.id, { nanoUsd: costNanoUsd + besides.nanoUsd + lost.nanoUsd, tokens: tokens + besides.tokens + lost.tokens });
  }
  return { succeeded, failed };
}

/**
 * Whether lines without a row cost nothing: the job never came to its provider, or that ended it and showed what it did. One that is still at work there, is unknown there now, or has
 * answers that it does not show, may have been charged whole.
 */
function isAccountedFor({ mode, reference, lastStatus, reason }: JobAtWork): boolean {
  if (mode !== 'batch' || reference === null) return true;
  if (lastStatus === null || lastStatus.state === 'running' || reason?.code === 'not_found') return false;
  return lastStatus.results !== null || (lastStatus.succeeded ?? 0) === 0;
}

/** Settles the job's reservation, and closes it. */
export async function closeJob(parts: JobParts, job: JobAtWork, status: 'collected' | 'failed' | 'canceled', facts: { reason?: { code: string; message: string }; orphaned?: number; duplicated?: number } = {}): Promise<{ succeeded: number; failed: number }> {
  const settled = await settleJob(parts, job);
  await parts.jobs.close(job.id, status, facts);
  await parts.jobs.refreshBatchStatus(job.batchId);
  return settled;
}
