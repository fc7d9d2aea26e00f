import type { StrategyPlan } from '../../domain/chat/plan.js';
import type { BatchMode } from '../../domain/batches/batch-status.js';
import type { PolicyName } from '../policies/policy-name.js';

/** Workflow types of runs on the task queue of jobs; wire names. Ids: `run/<id>`, `run/<id>/<benchmark>`, `run/<id>/<benchmark>/chunk/<n>`. */
export const runWorkflowType = 'benchmarkRunWorkflow';

/** Argument of the run workflow; everything else is in Postgres under `runId`. */
export interface RunWorkflowInput {
  runId: string;
  policy: PolicyName;
  /** Begin by setting samples in error back to pending. */
  retryErrors?: boolean;
}

export interface RunWorkflowResult {
  runId: string;
  status: 'succeeded' | 'failed' | 'canceled';
  samples: number;
  errors: number;
}

/** Argument of a benchmark's workflow. */
export interface RunBenchmarkInput {
  runId: string;
  benchmark: string;
  mode: BatchMode;
  concurrency: number;
  policy: PolicyName;
  /** Null: a plain model, whose chunks are activities. Else the panel, whose strategy runs in the chunk's workflow. */
  plan: StrategyPlan | null;
  /** First ordinal to go on with, after continue-as-new; missing: the samples are loaded first. */
  from?: number;
}

/** How a benchmark's workflow ended. `held`: it stands where its rows say and is started again once nothing is in the way; `reason` null: the user paused. `progressed`: samples were answered before. */
export type RunBenchmarkResult = { state: 'ended' | 'canceled' } | { state: 'held'; reason: { code: string; message: string } | null; progressed?: boolean };

/** Argument of a chunk's workflow: samples by ordinal, `from` inclusive, `to` exclusive. */
export interface RunChunkInput {
  runId: string;
  benchmark: string;
  from: number;
  to: number;
  concurrency: number;
  policy: PolicyName;
  plan: StrategyPlan;
}

/** Signals of the run workflow; wire names. Sending one twice does what sending it once does. */
export const runSignals = { pause: 'pause', resume: 'resume', cancel: 'cancel', retryErrors: 'retryErrors' } as const;
