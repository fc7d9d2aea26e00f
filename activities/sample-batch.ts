import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { Benchmark } from '../domain/benchmarks/benchmark.js';
import { failureCodes, isRetryable } from '../domain/failures/failure-code.js';
import type { FailureCode } from '../domain/failures/failure-code.js';
import { sampleSeed } from '../domain/runs/sample-seed.js';
import type { BatchRow } from '../src/batches/batches.store.js';
import type { ItemResult } from '../src/batches/batch-items.store.js';
import type { BatchedSample } from '../src/runs/sample-batches.store.js';
import type { PendingSample, SampleResult } from '../src/runs/run-samples.store.js';
import type { RunAtWork } from '../src/runs/run-state.store.js';
import { withHeartbeats } from './heartbeats.js';
import type { RunActivities, RunBenchmarkReference } from './run-activities.js';
import { benchmarkNamed, failed, plainModel, runAtWork, scored } from './run-parts.js';
import type { RunParts } from './run-parts.js';

/** Samples scored and written at once. */
const groupSize = 200;

/** The activity that makes the batch of a benchmark. Its id is claimed first, so that however often this dies there is one batch. */
export function createCreateSampleBatch(parts: RunParts): RunActivities['createSampleBatch'] {
  return ({ runId, benchmark }) => withHeartbeats(Context.current(), makeSampleBatch(parts, { runId, benchmark }));
}

/** Makes the batch as the activity does. */
export async function makeSampleBatch(parts: RunParts, { runId, benchmark }: RunBenchmarkReference): ReturnType<RunActivities['createSampleBatch']> {
  const run = await runAtWork(parts.state, runId);
  const stop = await parts.state.look(runId);
  if (stop !== null) return { stop };
  const standing = (await parts.state.benchmarks(runId)).find((candidate) => candidate.benchmark === benchmark)?.batchId ?? null;
  const known = standing === null ? null : await parts.batches.find(standing);
  if (known) {
    await parts.batches.goOn(known.id);
    return { batchId: known.id, items: known.itemCount ?? 0, isOver: isOver(known.status) };
  }
  await takeAnswers(parts, run, benchmark);
  if ((await parts.samples.nextChunk(runId, benchmark, 0, 1)) === null) return null;
  const batchId = await parts.state.claimBatch(runId, benchmark, parts.batches.newId());
  // It spends from the run's own budget: what its jobs may cost is set aside there before they are sent.
  const batch = { id: batchId, caller: run.caller, runId, benchmark, model: nameOf(run), plan: run.plan, simulated: run.simulated, budgetId: run.budgetId };
  const items = await parts.batches.create(batch, seeded(parts, run, benchmark));
  const stopped = await stopMeanwhile(parts, runId, batchId);
  return stopped === null ? { batchId, items, isOver: false } : { stop: stopped };
}

/** The batch's row must know what the run was told while it was written: nobody could tell it before, and what is not canceled is started, if not by the run then by the sweep. */
async function stopMeanwhile(parts: RunParts, runId: string, batchId: string): Promise<'pause' | 'cancel' | null> {
  const stop = await parts.state.look(runId);
  if (stop === 'cancel') await parts.batches.requestCancel(batchId);
  if (stop === 'pause') await parts.batches.standStill(batchId);
  return stop;
}

/** What batches before this one were paid for is not asked again: answers that were not collected, as the run was canceled. One that is being canceled may still bring some. */
async function takeAnswers(parts: RunParts, { id: runId }: RunAtWork, benchmark: string): Promise<void> {
  for (const { id, status, hasAnswers } of await parts.batches.ofBenchmark(runId, benchmark)) {
    if (!isOver(status)) throw ApplicationFailure.create({ message: `Batch ${id}, which answered this benchmark before, is ${status}.`, type: 'batch_running', category: ApplicationFailureCategory.BENIGN, nextRetryDelay: parts.policy.awaitBatch.pollMs });
    if (hasAnswers) await scoreItems(parts, benchmark, parts.batches.results(id, 'succeeded'), { done: 0, errors: 0 });
  }
}

// No more than one batch may ask: those after them are the next one's, when this one is over.
async function* seeded({ samples, policy }: RunParts, run: RunAtWork, benchmark: string): AsyncGenerator<BatchedSample> {
  let count = 0;
  for await (const { id, itemId, epoch, request } of samples.pendingRequests(run.id, benchmark)) {
    yield { id, request, seed: sampleSeed(run.subset.seed, { benchmark, itemId, epoch }) };
    if (++count === policy.batchSamples) return;
  }
}

function nameOf({ plan, model }: RunAtWork): string {
  const plain = plainModel(plan);
  return plain ? `${plain.provider}/${plain.model}` : model;
}

/** The activity that waits for a batch: one look, then the next attempt, so that the history does not grow. */
export function createAwaitSampleBatch({ batches, policy }: RunParts): RunActivities['awaitSampleBatch'] {
  return async ({ batchId }) => {
    const batch = await batches.find(batchId);
    if (!batch || isOver(batch.status)) return { state: 'ended' };
    if (batch.status === 'paused' && batch.reason && needsSomebody(batch.reason.code)) return { state: 'held', reason: batch.reason };
    const { pollMs, longestPollMs } = policy.awaitBatch;
    throw ApplicationFailure.create({ message: `Batch ${batchId} is ${batch.status}.`, type: 'batch_running', category: ApplicationFailureCategory.BENIGN, nextRetryDelay: Math.min(longestPollMs, pollMs * Context.current().info.attempt) });
  };
}

function isOver(status: string): boolean {
  return status === 'completed' || status === 'failed' || status === 'canceled';
}

/** A user's pause, and what passes by waiting, end without the run. */
function needsSomebody(code: string): boolean {
  return code !== 'user' && !((failureCodes as readonly string[]).includes(code) && isRetryable(code as FailureCode));
}

/** The activity that scores what a batch answered. */
export function createCollectSampleBatch(parts: RunParts): RunActivities['collectSampleBatch'] {
  return ({ runId, benchmark, batchId }) => {
    const collected = { done: 0, errors: 0 };
    return withHeartbeats(Context.current(), collectBatch(parts, { runId, benchmark, batchId }, collected), () => collected);
  };
}

/** Scores what the batch answered, as the activity does. */
export async function collectBatch(parts: RunParts, { runId, benchmark, batchId }: RunBenchmarkReference & { batchId: string }, collected: { done: number; errors: number }): ReturnType<RunActivities['collectSampleBatch']> {
  await scoreItems(parts, benchmark, parts.batches.results(batchId), collected);
  const batch = await parts.batches.find(batchId);
  if (batch && batch.status !== 'completed') await missingItems(parts, { runId, benchmark }, batch);
  // Its samples all have an outcome now: what is pending was never in it.
  if (!batch || (await parts.samples.nextChunk(runId, benchmark, 0, 1)) === null) return collected;
  await parts.state.leaveBatch(runId, benchmark, batchId);
  return { ...collected, more: true };
}

async function scoreItems(parts: RunParts, name: string, items: AsyncIterable<ItemResult>, collected: { done: number; errors: number }): Promise<void> {
  const benchmark = benchmarkNamed(name);
  let group: ItemResult[] = [];
  const write = async (): Promise<void> => {
    const samples = await parts.samples.findMany(group.map(({ customId }) => customId));
    const results = group.flatMap((item) => {
      const sample = samples.get(item.customId);
      return sample ? [resultOfItem(benchmark, sample, item)] : [];
    });
    await parts.samples.finish(results);
    for (const { status } of results) collected[status === 'done' ? 'done' : 'errors']++;
    group = [];
  };
  for await (const item of items) {
    group.push(item);
    if (group.length >= groupSize) await write();
  }
  if (group.length > 0) await write();
}

// A batch whose input was refused has no items: its reason is each sample's error, also of those that would have been the next batch's.
async function missingItems(parts: RunParts, { runId, benchmark }: RunBenchmarkReference, batch: Pick<BatchRow, 'id' | 'status' | 'reason'>): Promise<void> {
  const message = `Batch ${batch.id} ${batch.status}${batch.reason ? `: ${batch.reason.message}` : '.'}`;
  let group: SampleResult[] = [];
  for await (const { id } of parts.samples.pendingRequests(runId, benchmark)) {
    group.push(failed(id, { code: batch.status === 'canceled' ? 'canceled' : 'internal', message }));
    if (group.length < groupSize) continue;
    await parts.samples.finish(group);
    group = [];
  }
  await parts.samples.finish(group);
}

function resultOfItem(benchmark: Benchmark, sample: PendingSample, { id: batchItemId, status, decision, answer, failure }: ItemResult): SampleResult {
  const rest = { batchItemId, decision };
  if (status !== 'succeeded') return failed(sample.id, failure ?? { code: 'internal', message: `The item ended as ${status}.` }, rest);
  const chosen = decision?.choices[0] ?? answer;
  if (!chosen) return failed(sample.id, { code: 'empty_answer', message: 'The item has no answer.' }, rest);
  return scored(benchmark, sample, chosen, rest);
}

/** The activity that names the batches a run's signals must reach, and writes into their rows what the signals say: a workflow that has not begun yet hears none. */
export function createSteerSampleBatches({ state, batches }: RunParts): RunActivities['steerSampleBatches'] {
  return async ({ runId, cancel }) => {
    const running = (await state.benchmarks(runId)).filter(({ status, batchId }) => status === 'running' && batchId !== null).flatMap(({ batchId }) => (batchId === null ? [] : [batchId]));
    const isPaused = (await state.look(runId)) === 'pause';
    for (const id of running) await (cancel ? batches.requestCancel(id) : isPaused ? batches.standStill(id) : batches.goOn(id));
    return { batchIds: running };
  };
}
