import { Context } from '@temporalio/activity';
import { accountTrouble, failedLine, restOfJob } from '../domain/batches/after-job.js';
import type { JobEnd } from '../domain/batches/after-job.js';
import { failureCodes, isRetryable } from '../domain/failures/failure-code.js';
import { costOfCall } from '../domain/pricing/cost-of-call.js';
import type { JobLine, LineOutcome } from '../src/batches/job-lines.store.js';
import type { JobAtWork } from '../src/batches/provider-jobs.store.js';
import type { BatchResult } from '../src/providers/batch-provider.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import { unanswered, type CallRecord } from '../src/traces/calls.store.js';
import type { BatchActivities, HeldJob } from './batch-activities.js';
import { callIdOf, lineRequest } from './job-lines.js';
import { batchInterface, closeJob, jobStep, later } from './job-parts.js';
import type { JobParts } from './job-parts.js';
import { storable } from './make-call.js';

/** Results that one transaction writes: large enough that its commit is cheap, small enough to hold. */
const groupSize = 500;
/** Readings that found no results, before the last one that counts. */
const sureAfter = 2;
const passing = new Set<string>(failureCodes.filter(isRetryable));

type Collected = Awaited<ReturnType<BatchActivities['collectJob']>>;

/** The activity that writes a job's results. It reads them from the beginning each time: lines that have their state already are left alone. */
export function createCollectJob(parts: JobParts): BatchActivities['collectJob'] {
  return (reference) => {
    const context = Context.current();
    return jobStep<Exclude<Collected, HeldJob>>(parts, context, reference, (job) => collect(parts, job, context.cancellationSignal));
  };
}

/** Collects the job as its row was when it was read; any number of attempts may do so at the same time. */
export async function collect(parts: JobParts, job: JobAtWork, signal: AbortSignal): Promise<Exclude<Collected, HeldJob>> {
  if (job.status === 'collected' || job.status === 'failed' || job.status === 'canceled') return closedResult(parts, job);
  const end = endOf(job);
  const tally = new Tally();
  if (!(await readResults(parts, job, end, tally, signal))) {
    await parts.jobs.rejectReference(job.id);
    return { state: 'unconfirmed' };
  }
  // A request that failed meanwhile stands in the reason.
  const error = job.lastStatus?.error ?? job.reason?.message ?? null;
  const trouble = end === 'failed' ? accountTrouble(error) : null;
  // An account's trouble is no attempt of its lines.
  const missing = await parts.lines.closeOpen(job.id, restOfJob(end, job.batch.options, error), { maxAttempts: job.batch.options.maxAttempts, sent: trouble === null });
  const status = end === 'canceled' ? 'canceled' : end === 'failed' && tally.succeeded === 0 ? 'failed' : 'collected';
  const reason = trouble === null ? {} : { reason: { code: trouble, message: error ?? '' } };
  const { succeeded, failed } = await closeJob(parts, job, status, { orphaned: tally.orphaned, duplicated: tally.duplicated, ...reason });
  return { state: status, succeeded, failed, missing, ...(trouble === null ? {} : { failure: { code: trouble, message: error ?? '' } }) };
}

class Tally {
  orphaned = 0;
  duplicated = 0;
  succeeded = 0;
  /** Lines seen in this reading: some megabytes for the largest job. */
  readonly seen = new Set<string>();
}

// A collection that is repeated after its end (the worker died before it could say so) says the same.
async function closedResult(parts: JobParts, job: JobAtWork): Promise<Exclude<Collected, HeldJob>> {
  const { succeeded, failed } = await parts.lines.tally(job.id);
  const trouble = job.reason?.code === 'rate_limit' || job.reason?.code === 'billing' ? { failure: job.reason } : {};
  return { state: job.status === 'canceled' ? 'canceled' : job.status === 'failed' ? 'failed' : 'collected', succeeded, failed, missing: 0, ...trouble };
}

function endOf(job: JobAtWork): JobEnd {
  if (job.batch.cancelRequested) return 'canceled';
  if (job.reason?.code === 'not_found') return 'failed';
  switch (job.lastStatus?.state) {
    case 'completed':
      return 'completed';
    case 'failed':
      return 'failed';
    default:
      return 'stuck';
  }
}

/** Writes all results there are. False: none of them is of this job, which was only presumed to be ours. */
async function readResults(parts: JobParts, job: JobAtWork, end: JobEnd, tally: Tally, signal: AbortSignal): Promise<boolean> {
  if (!job.lastStatus?.results) return job.certain;
  const results = batchInterface(parts, job).results(job.lastStatus, { signal, timeoutMs: parts.policy.collectJob.pieceTimeoutMs });
  let group: BatchResult[] = [];
  try {
    for await (const result of results) {
      group.push(result);
      if (group.length < groupSize) continue;
      if (!(await writeGroup(parts, job, end, tally, group))) return false;
      group = [];
    }
  } catch (error) {
    if (!(error instanceof ProviderFailure) || error.code !== 'not_found') throw error;
    // The provider deleted the results: what was not read is lost, and is paid once more. Once may be a mistake.
    const { said, reason } = saidBefore(job, error);
    if (said >= sureAfter) {
      job.lastStatus = { ...job.lastStatus, results: null };
      return job.certain;
    }
    await parts.jobs.noteDoubt(job.id, reason, said + 1);
    throw later(error.message, parts.policy.collectJob.retry.initialMs);
  }
  return group.length === 0 ? job.certain : writeGroup(parts, job, end, tally, group);
}

/** How often in a row the results were gone before, and why the job ended: a request that failed in between says nothing of them, and stands in the place of the reason. */
function saidBefore({ reason, troubleCount }: JobAtWork, { message }: ProviderFailure): { said: number; reason: JobAtWork['reason'] } {
  return reason !== null && passing.has(reason.code) ? { said: 0, reason: { code: 'results_missing', message } } : { said: troubleCount, reason };
}

async function writeGroup(parts: JobParts, job: JobAtWork, end: JobEnd, tally: Tally, group: readonly BatchResult[]): Promise<boolean> {
  const fresh = new Map<string, BatchResult>();
  for (const result of group) {
    const callId = callIdOf(result.id, job.id);
    if (callId === null) tally.orphaned++;
    else if (tally.seen.has(callId)) tally.duplicated++;
    else {
      tally.seen.add(callId);
      fresh.set(callId, result);
    }
  }
  const lines = await parts.lines.ofJob(job.id, [...fresh.keys()]);
  if (!job.certain) {
    if (lines.length === 0) return false;
    await parts.jobs.confirm(job.id);
    job.certain = true;
  }
  tally.orphaned += fresh.size - lines.length;
  const outcomes = lines.flatMap((line) => {
    const result = fresh.get(line.id);
    return result === undefined || line.status !== 'assigned' ? [] : [outcomeOf(parts, job, end, line, result)];
  });
  tally.succeeded += lines.filter(({ id }) => fresh.get(id)?.ok === true).length;
  if (outcomes.length > 0) await parts.lines.record(job.id, outcomes);
  return true;
}

function outcomeOf(parts: JobParts, job: JobAtWork, end: JobEnd, line: JobLine, result: BatchResult): LineOutcome {
  const { requestHash, dropped } = lineRequest(parts, line);
  // What it was planned at, and set aside for. A price that became known meanwhile is better than none.
  const price = job.price ?? parts.batchPrice(line.input.model.provider, line.input.model.model);
  if (!result.ok) {
    const { code, httpStatus } = result.failure;
    const message = storable(result.failure.message);
    const { status, realtime } = failedLine(code, line.attempt, end, job.batch.options);
    const charged = result.usage ? { usage: result.usage, costNanoUsd: costOfCall(result.usage, price), price } : {};
    const record: CallRecord = { ...baseRecord(job, line, requestHash), ...charged, outcome: 'failed', failureCode: code, failureMessage: message };
    return { id: line.id, status, realtimeOnly: realtime, failure: { code, message, ...(httpStatus === undefined ? {} : { httpStatus }) }, record };
  }
  const { response } = result;
  const record: CallRecord = {
    ...baseRecord(job, line, requestHash),
    text: storable(response.text),
    toolCalls: response.toolCalls.map((toolCall) => ({ ...toolCall, argumentsJson: storable(toolCall.argumentsJson) })),
    finishReason: response.finishReason,
    usage: response.usage,
    costNanoUsd: costOfCall(response.usage, price),
    price,
    outcome: 'succeeded',
    droppedParameters: [...response.droppedParameters, ...dropped],
    responseId: response.responseId === undefined ? null : storable(response.responseId),
  };
  return { id: line.id, status: 'succeeded', realtimeOnly: false, failure: null, record };
}

function baseRecord(job: JobAtWork, { input, attempt }: JobLine, requestHash: string): CallRecord {
  return {
    completionId: input.completionId,
    key: input.key,
    stage: input.stage,
    memberIndex: input.memberIndex,
    attempt,
    provider: input.model.provider,
    model: input.model.model,
    requestHash,
    ...unanswered,
    startedAt: job.submittedAt ?? Date.now(),
    endedAt: Date.now(),
    outcome: 'failed',
    groupId: job.batchId,
    mode: 'batch',
  };
}
