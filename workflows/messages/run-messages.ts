import type { StrategyPlan } from '../../domain/chat/plan.js';
import type { BatchMode } from '../../domain/batches/batch-status.js';
import type { PolicyName } from '../policies/policy-name.js';

/** Workflow types of runs on the task queue of jobs; wire names. Ids: `run/<id>`, `run/<id>/<benchmark>`, `run/<id>/<benchmark>/chunk/<n>`. */
export const runWorkflowType = 'benchmarkRunWorkflow';
export const runBenchmarkWorkflowType = 'runBenchmarkWorkflow';
export const runChunkWorkflowType = 'benchmarkChunkWorkflow';

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
  samples: number;
  concurrency: number;
  policy: PolicyName;
  /** Null: a plain model, whose chunks are activities. Else the panel, whose strategy runs in the chunk's workflow. */
  plan: StrategyPlan | null;
  /** First ordinal to go on with, after continue-as-new. */
  from?: number;
}

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

/** Signals of the run workflow; wire names. */
export const runSignals = { pause: 'pause', resume: 'resume', cancel: 'cancel', retryErrors: 'retryErrors' } as const;
