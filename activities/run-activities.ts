import type { BatchMode } from '../domain/batches/batch-status.js';
import type { CompletionOutcome } from '../domain/chat/decision.js';
import type { StrategyPlan } from '../domain/chat/plan.js';
import type { CallFailure } from '../domain/failures/failure-code.js';
import type { Reason } from '../domain/runs/judge-run.js';

export interface RunReference {
  runId: string;
}
export interface RunBenchmarkReference {
  runId: string;
  benchmark: string;
}

/** A part of a benchmark's samples by ordinal: `from` inclusive, `to` exclusive. */
export interface ChunkReference extends RunBenchmarkReference {
  from: number;
  to: number;
}

/** Why no further sample is begun. `pause` and `cancel`: somebody asked for it; `hold`: the run pauses itself for `reason`, `progressed` where samples were answered before; `failed`: the benchmark ends for it. */
export type Stop = { by: 'pause' | 'cancel' } | { by: 'hold'; reason: Reason; progressed?: boolean } | { by: 'failed'; reason: Reason };

/** What a run's workflow goes on with. */
export interface BegunRun {
  /** Those that have not succeeded yet, in their order. */
  benchmarks: string[];
  mode: BatchMode;
  concurrency: number;
  /** Null: a plain model. */
  plan: StrategyPlan | null;
}

/** The effects of a run, as its workflows see them. Arguments and results are ids, bounds and counts; all are idempotent. */
export interface RunActivities {
  /** Checks that the target answers (a one-token call to each of its models), reads the target's own facts (Gremium). Failures are typed by failure code; `auth`, `not_found` and the like fail the run. */
  beginRun(input: RunReference): Promise<BegunRun>;
  /** Reads the benchmark's data (downloading it, once, with its hash checked), takes the subset, writes the samples with their exact prompts. `needsSetup` where the data can't be had: then the benchmark has ended. */
  loadSamples(input: RunBenchmarkReference): Promise<{ samples: number; needsSetup: string | null }>;
  /** Local activity: the next chunk that holds pending samples, from an ordinal on; null: none is left. */
  nextChunk(input: RunBenchmarkReference & { from: number; size: number }): Promise<{ chunk: { from: number; to: number } | null; stop: Stop | null }>;
  /** Answers the chunk's pending samples of a plain model, some at a time: each call enters the ledger and each sample its row the moment it ends. Stops at cancel, pause and caps. */
  answerSamples(input: ChunkReference & { concurrency: number }): Promise<{ done: number; errors: number; stop: Stop | null }>;
  /** Local activity: the chunk's pending samples. */
  pendingSamples(input: ChunkReference): Promise<{ samples: { id: string; seed: number }[]; stop: Stop | null }>;
  /** Local activity: scores and records a panel's outcome for one sample. */
  recordSample(input: RunReference & { sampleId: string; outcome: CompletionOutcome; latencyMs: number }): Promise<{ stop: Stop | null }>;
  /** Makes the batch that answers the benchmark's pending samples, once; its workflow has to be started. Null: nothing is pending. `stop`: nothing may begin now. */
  createSampleBatch(input: RunBenchmarkReference): Promise<{ batchId: string; items: number; isOver: boolean } | { stop: 'pause' | 'cancel' } | null>;
  /** Waits for the end of the benchmark's batch, one look an attempt. `held`: the batch paused itself, and the run with it. */
  awaitSampleBatch(input: RunBenchmarkReference & { batchId: string }): Promise<{ state: 'ended' } | { state: 'held'; reason: Reason }>;
  /** Scores what the batch answered and records it. `more`: samples are pending that it did not ask, for the next batch. */
  collectSampleBatch(input: RunBenchmarkReference & { batchId: string }): Promise<{ done: number; errors: number; more?: boolean }>;
  /** Ends a benchmark: succeeded, or failed with a reason; `failure`: what stopped it. */
  finishRunBenchmark(input: RunBenchmarkReference & { failure: Reason | null }): Promise<{ status: 'succeeded' | 'failed' }>;
  setRunStatus(input: RunReference & { status: 'running' | 'paused'; reason: Reason | null }): Promise<void>;
  /** The batches of the run that are not over, which its signals reach too. With `cancel` their realtime calls stop at once. */
  steerSampleBatches(input: RunReference & { cancel: boolean }): Promise<{ batchIds: string[] }>;
  /** Sets samples in error back to pending; returns how many. */
  retryErrors(input: RunReference): Promise<{ samples: number }>;
  /** Ends the run: reads the target's facts again, decides between succeeded and failed, settles the budget. Canceled stays so. `failure`: why the run could not begin. */
  finishRun(input: RunReference & { canceled: boolean; failure: CallFailure | Reason | null }): Promise<{ status: 'succeeded' | 'failed' | 'canceled'; samples: number; errors: number }>;
}
