import type { BatchMode, ProviderJobStatus } from '../../domain/batches/batch-status.js';
import type { PolicyName } from '../policies/policy-name.js';

/** Task queue of everything that nobody waits for: batches and their provider jobs, runs. A wire name. */
export const jobsTaskQueue = 'conclave-jobs';
/** Workflow types; wire names. Ids are `batch/<id>` and `batch/<id>/job/<job id>`. */
export const batchWorkflowType = 'batchWorkflow';
export const providerJobWorkflowType = 'providerJobWorkflow';

/** Argument of the batch workflow. Everything else is in Postgres under `batchId`. */
export interface BatchWorkflowInput {
  batchId: string;
  policy: PolicyName;
  /** Round to go on with, after continue-as-new or a retry; missing: 0. */
  round?: number;
  /** Begin by setting failed items back to pending. */
  retryFailed?: boolean;
  /** How often in a row the batch paused itself by rate limits; decides the length of the next pause. */
  rateLimitPauses?: number;
  /** Signals that took effect before continue-as-new and still hold. */
  pausedByUser?: boolean;
  switchTo?: BatchMode;
  hold?: { code: string; message: string; resumesByItself: boolean };
}

/** Result of the batch workflow: counts only. */
export interface BatchWorkflowResult {
  batchId: string;
  status: 'completed' | 'failed' | 'canceled';
  succeeded: number;
  failed: number;
  canceled: number;
}

/** Argument of a provider job's workflow: `submit`, `await`, `collect`; or one chunk of realtime calls. */
export interface ProviderJobInput {
  batchId: string;
  jobId: string;
  provider: string;
  model: string;
  mode: BatchMode;
  lines: number;
  policy: PolicyName;
}

/**
 * What became of a provider job. `held`: it stands where its row says and the batch starts it again; its `failure` is the batch's business, which pauses for it. The other three
 * are final, whatever `failure` says.
 */
export interface ProviderJobResult {
  jobId: string;
  status: Extract<ProviderJobStatus, 'collected' | 'failed' | 'canceled'> | 'held';
  failure: { code: string; message: string; retryAfterMs?: number } | null;
}

/** Signals of the batch workflow; wire names. Sending one twice does what sending it once does. */
export const batchSignals = { pause: 'pause', resume: 'resume', cancel: 'cancel', retryFailed: 'retryFailed', switchMode: 'switchMode' } as const;

export interface SwitchModeSignal {
  mode: BatchMode;
}

export const batchProgressQueryName = 'progress';
/** Answer of the `progress` query. */
export interface BatchProgress {
  round: number;
  /** Jobs whose workflows run now. */
  jobsUnderWay: number;
  pausedFor: string | null;
  /** ISO time at which a pause of its own ends. */
  resumesAt: string | null;
}
