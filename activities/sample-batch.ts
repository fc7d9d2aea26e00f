import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { Benchmark } from '../domain/benchmarks/benchmark.js';
import { failureCodes, isRetryable } from '../domain/failures/failure-code.js';
import type { FailureCode } from '../domain/failures/failure-code.js';
import { sampleSeed } from '../domain/runs/sample-seed.js';
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
  return ({ runId, benchmark }) => withHeartbeats(Context.current(), create(parts, { runId, benchmark }));
}

async function create(parts: RunParts, { runId, benchmark }: RunBenchmarkReference): ReturnType<RunActivities['createSampleBatch']> {
  const run = await runAtWork(parts.state, runId);
  const next = await parts.samples.nextChunk(runId, benchmark, 0, 1);
  const standing = (await parts.state.benchmarks(runId)).find((candidate) => candidate.benchmark === benchmark)?.batchId ?? null;
  const known = standing === null ? null : await parts.batches.find(standing);
  // A batch that was collected answers nothing more: what is pending after it was set back.
  if (known) return { batchId: known.id, items: known.itemCount ?? 0, isOver: isOver(known.status) };
  if (next === null) return null;
  const batchId = await parts.state.claimBatch(runId, benchmark, parts.batches.newId());
  const costCapNanoUsd = await remainingNanoUsd(parts, run);
  const batch = { id: batchId, caller: run.caller, runId, benchmark, model: nameOf(run), simulated: run.simulated, costCapNanoUsd };
  const items = await parts.batches.create(batch, seeded(parts, run, benchmark));
  return { batchId, items, isOver: false };
}

async function* seeded({ samples }: RunParts, run: RunAtWork, benchmark: string): AsyncGenerator<BatchedSample> {
  for await (const { id, itemId, epoch, request } of samples.pendingRequests(run.id, benchmark)) yield { id, request, seed: sampleSeed(run.subset.seed, { benchmark, itemId, epoch }) };
}

function nameOf({ plan, model }: RunAtWork): string {
  const plain = plainModel(plan);
  return plain ? `${plain.provider}/${plain.model}` : model;
}

/** The batch has what the run's cap leaves: nothing else of the run is under way. */
async function remainingNanoUsd({ budgets }: RunParts, { budgetId }: RunAtWork): Promise<number | null> {
  const standing = budgetId === null ? null : await budgets.read(budgetId);
  return standing?.caps.nanoUsd == null ? null : Math.max(1, standing.caps.nanoUsd - standing.spent.nanoUsd);
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
    return withHeartbeats(Context.current(), collect(parts, { runId, benchmark, batchId }, collected), () => collected);
  };
}

async function collect(parts: RunParts, { runId, benchmark: name, batchId }: RunBenchmarkReference & { batchId: string }, collected: { done: number; errors: number }): Promise<{ done: number; errors: number }> {
  const run = await runAtWork(parts.state, runId);
  const benchmark = benchmarkNamed(name);
  const spent = { nanoUsd: 0, tokens: 0 };
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
  for await (const item of parts.batches.results(batchId)) {
    spent.nanoUsd += item.sums.costNanoUsd;
    spent.tokens += item.sums.inputTokens + item.sums.outputTokens;
    group.push(item);
    if (group.length >= groupSize) await write();
  }
  if (group.length > 0) await write();
  await missingItems(parts, run, name, batchId);
  if (run.budgetId !== null && (await parts.budgets.reserve(run.budgetId, batchId, { nanoUsd: 0, tokens: 0 }))) await parts.budgets.settle(run.budgetId, batchId, spent);
  return collected;
}

// A batch whose input was refused has no items: its reason is each sample's error.
async function missingItems(parts: RunParts, run: RunAtWork, benchmark: string, batchId: string): Promise<void> {
  const batch = await parts.batches.find(batchId);
  if (!batch || batch.status === 'completed') return;
  const message = `Batch ${batchId} ${batch.status}${batch.reason ? `: ${batch.reason.message}` : '.'}`;
  let group: SampleResult[] = [];
  for await (const { id } of parts.samples.pendingRequests(run.id, benchmark)) {
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

/** The activity that names the batches a run's signals must reach. */
export function createSteerSampleBatches({ state, batches }: RunParts): RunActivities['steerSampleBatches'] {
  return async ({ runId, cancel }) => {
    const running = (await state.benchmarks(runId)).filter(({ status, batchId }) => status === 'running' && batchId !== null).flatMap(({ batchId }) => (batchId === null ? [] : [batchId]));
    if (cancel) await Promise.all(running.map((id) => batches.requestCancel(id)));
    return { batchIds: running };
  };
}
