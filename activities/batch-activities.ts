import type { BatchMode } from '../domain/batches/batch-status.js';

/** One provider job, or chunk of realtime calls, that a round planned. */
export interface PlannedJob {
  jobId: string;
  provider: string;
  model: string;
  mode: BatchMode;
  lines: number;
}

/** What a round of planning came to. */
export interface RoundPlan {
  /** Every job of the batch that is not final: what this round planned, and what an earlier round, or an attempt that died, left. */
  jobs: PlannedJob[];
  /** The batch's own `maxInflight`: jobs at one provider at the same time. */
  maxInflight?: number;
  /** Its cancellation was asked for, whether the signal arrived or not. */
  canceled?: true;
  /** Items whose outcome is not known yet. */
  pending: number;
  /** Calls that are planned but in no job, as the round's jobs are full or the cap does not allow them. */
  waiting: number;
  /** Why nothing more could be planned: `cost_cap`; null otherwise. */
  heldBy: { code: string; message: string } | null;
  /** What the batch's row says where it is paused or to be switched. Missing: neither. */
  standing?: { pausedFor: { code: string; message: string } | null; nextMode: BatchMode | null };
}

/** Why something stands still or failed, as histories show it. */
export interface Hindrance {
  code: string;
  message: string;
  /** Milliseconds the provider asked to wait. */
  retryAfterMs?: number;
}

/**
 * The job can't go on now, and its row keeps its place: another start of its workflow goes on there. `failure` is what the batch pauses for (no key, no money, too many rate
 * limits); null: the batch was pausing, switching or canceled already.
 */
export interface HeldJob {
  state: 'held';
  failure: Hindrance | null;
}

export interface BatchReference {
  batchId: string;
}
export interface JobReference {
  batchId: string;
  jobId: string;
}

/**
 * The effects of a batch, as its workflows see them. Arguments and results are ids and counts; everything else is in Postgres. All are idempotent: an activity that is repeated
 * after a crash goes on where the rows say. Failures are `ApplicationFailure`s typed by failure code.
 */
export interface BatchActivities {
  /** Reads the input file into items and plans. Faulty lines: none is kept, the batch's `input_faults` name them, `faults` counts them. */
  loadItems(input: BatchReference): Promise<{ items: number; faults: number }>;
  /**
   * Advances every item with no call outstanding (a strategy is replayed over the item's recorded calls), notes finished items, and puts the calls that are missing into jobs:
   * by provider, model and endpoint, within the provider's limits, with what they may cost reserved. A job's row is the intent to make it.
   */
  planRound(input: BatchReference & { round: number }): Promise<RoundPlan>;
  /** Uploads and creates the job at the provider, once. Waits (by benign failures) for a place within `max_inflight_batches`. Returns at once where it exists. */
  submitJob(input: JobReference): Promise<{ state: 'running' | 'ended' | 'closed' } | HeldJob>;
  /** Returns when the provider has ended the job; looks once and fails benign until then. Cancels it where it is too old or was asked to. */
  awaitJob(input: JobReference): Promise<{ state: 'ended' } | HeldJob>;
  /** `unconfirmed`: what was found at the provider after a crash turned out to be another's job; it must be submitted again. Else: writes every result to the ledger, each once; what has none waits again or fails, by attempts and code. Settles the job's reservation. */
  collectJob(input: JobReference): Promise<{ state: 'collected' | 'failed' | 'canceled'; succeeded: number; failed: number; missing: number; failure?: Hindrance } | { state: 'unconfirmed' } | HeldJob>;
  /** Makes a chunk's calls by realtime, some at a time, each recorded the moment it ends; settles the reservation. */
  makeRealtimeCalls(input: JobReference): Promise<{ state: 'collected' | 'canceled'; succeeded: number; failed: number } | HeldJob>;
  /** Notes that the batch is to be canceled and asks the providers to cancel its jobs; jobs that do not exist there are `canceled` at once. With `final` all that is left is. */
  cancelJobs(input: BatchReference & { final?: boolean }): Promise<{ jobs: number }>;
  /** Puts the lines of jobs that are not at a provider back to waiting, before the mode is switched; returns how many. */
  releaseJobs(input: BatchReference): Promise<{ lines: number }>;
  /**
   * Sets what the batch is doing, as readers see it. A final status is never left, `retryFailed` aside. `mode` sets the mode and takes back `nextMode`; with `nextMode` nothing
   * new is submitted until then, as with status `paused`. Missing: left as it is.
   */
  setBatchStatus(input: BatchReference & { status: string; reason: { code: string; message: string } | null; mode?: BatchMode; nextMode?: BatchMode }): Promise<void>;
  /** Sets failed items and their failed calls back to pending with fresh attempts; returns how many. */
  retryFailedItems(input: BatchReference): Promise<{ items: number }>;
  /** Ends the batch: items without outcome get one (in a canceled batch those whose answers are all there theirs), output and error files are written. */
  finishBatch(input: BatchReference & { status: 'completed' | 'failed' | 'canceled' }): Promise<{ succeeded: number; failed: number; canceled: number }>;
}
