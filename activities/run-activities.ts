import type { CompletionOutcome } from '../domain/chat/decision.js';

export interface RunReference {
  runId: string;
}
export interface RunBenchmarkReference {
  runId: string;
  benchmark: string;
}

/** The effects of a run, as its workflows see them. Arguments and results are ids, bounds and counts; all are idempotent. */
export interface RunActivities {
  /** Checks that the target answers (a one-token call), reads the target's own facts (Gremium), notes prices. Failures are typed by failure code; `auth`, `not_found` and the like fail the run. */
  beginRun(input: RunReference): Promise<{ benchmarks: string[] }>;
  /** Reads the benchmark's data (downloading it, once, with its hash checked), takes the subset, writes the samples with their exact prompts. `needs_setup` where the data can't be had. */
  loadSamples(input: RunBenchmarkReference): Promise<{ samples: number; needsSetup: string | null }>;
  /** Answers the chunk's pending samples of a plain model, some at a time: each call enters the ledger and each sample its row the moment it ends. Stops at cancel, pause and caps. */
  answerSamples(input: RunBenchmarkReference & { from: number; to: number; concurrency: number }): Promise<{ done: number; errors: number; stoppedBy: 'cost_cap' | 'token_cap' | 'pause' | 'cancel' | null }>;
  /** Local activity: the ordinals of the chunk's pending samples, begun now. */
  pendingSamples(input: RunBenchmarkReference & { from: number; to: number }): Promise<{ samples: { ordinal: number; id: string; seed: number }[]; stoppedBy: 'cost_cap' | 'token_cap' | 'pause' | 'cancel' | null }>;
  /** Local activity: scores and records a panel's outcome for one sample. */
  recordSample(input: RunBenchmarkReference & { ordinal: number; outcome: CompletionOutcome; latencyMs: number }): Promise<void>;
  /** Makes the batch that answers the benchmark's pending samples, once; returns its id. */
  createSampleBatch(input: RunBenchmarkReference): Promise<{ batchId: string; items: number }>;
  /** Scores what the batch answered and records it. */
  collectSampleBatch(input: RunBenchmarkReference & { batchId: string }): Promise<{ done: number; errors: number }>;
  setRunStatus(input: RunReference & { status: string; reason: { code: string; message: string } | null }): Promise<void>;
  setRunBenchmarkStatus(input: RunBenchmarkReference & { status: string; reason: { code: string; message: string } | null }): Promise<void>;
  /** Sets samples in error back to pending; returns how many. */
  retryErrors(input: RunReference): Promise<{ samples: number }>;
  /** Ends the run: reads the target's facts again, decides between succeeded and failed, settles the budget. Canceled stays so. */
  finishRun(input: RunReference): Promise<{ status: 'succeeded' | 'failed' | 'canceled'; samples: number; errors: number }>;
}
