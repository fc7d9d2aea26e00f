import type { LocalActivityOptions } from '@temporalio/workflow';
import { rateLimitDelaysMs } from '../../domain/failures/retry-delays.js';
import type { StepPolicy } from './batch-policies.js';
import type { PolicyName } from './policy-name.js';

/** Everything that decides how long the parts of a run may take and how often they are tried; milliseconds throughout. */
export interface RunPolicy {
  workflowTaskTimeoutMs: number;
  /** Rows of this database, and one-token calls at the start. */
  rows: StepPolicy;
  /** Reading a data set, its download included. */
  loadSamples: StepPolicy;
  answerSamples: StepPolicy & {
    /** Between two looks whether to stop. */
    lookMs: number;
  };
  /** Asking how the batch of a benchmark stands: one look an attempt. */
  awaitBatch: StepPolicy & { pollMs: number; longestPollMs: number };
  /** Of a plain model's chunk and of a panel's. */
  chunk: { plainSamples: number; panelSamples: number; panelConcurrency: number };
  /** Most samples of one batch; the next batch begins when it is over. */
  batchSamples: number;
  /** Chunks of a plain model at the same time, which share the run's concurrency, so that two workers can take part and one chunk's end does not leave the provider idle. */
  plainWindow: number;
  /** Milliseconds for all attempts of one sample and for one call; upper bound of any wait between attempts, which are conclave.yaml's; waits between rate limits in a row, then the run pauses. */
  sample: { timeoutMs: number; callTimeoutMs: number; longestRetryMs: number; rateLimitDelaysMs: readonly number[] };
  /** Of the activities that make a panel's calls, after what nobody foresaw, such as a worker that died. What a provider's failure is worth the activity decides. */
  panelCalls: { attempts: number; retry: { initialMs: number; maximumMs: number } };
  /** Local activities: one statement each. */
  local: { startToCloseMs: number; retryInitialMs: number; retryMaximumMs: number };
  newHistoryAfterEvents: number;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** The named policies. `test` differs in how fast things are noticed and tried again, and in nothing else. */
export const runPolicies: Record<PolicyName, RunPolicy> = {
  interactive: {
    // As for batches.
    workflowTaskTimeoutMs: 10_000,
    rows: { startToCloseMs: 10 * minute, scheduleToCloseMs: 4 * day, heartbeatMs: minute, retry: { initialMs: 1_000, maximumMs: 30_000 } },
    // Half a gigabyte at 1 Mbit/s; the download itself goes on where it was.
    loadSamples: { startToCloseMs: 2 * hour, scheduleToCloseMs: day, heartbeatMs: minute, retry: { initialMs: 1_000, maximumMs: 30_000 } },
    // Five hundred samples of up to half an hour each, some at a time. 15 s without a sign of life: the worker is gone, and its chunk waits for nobody longer.
    answerSamples: { startToCloseMs: day, scheduleToCloseMs: 30 * day, heartbeatMs: 15_000, retry: { initialMs: 1_000, maximumMs: 30_000 }, lookMs: 1_000 },
    awaitBatch: { startToCloseMs: minute, scheduleToCloseMs: 40 * day, heartbeatMs: minute, retry: { initialMs: 5_000, maximumMs: minute }, pollMs: 5_000, longestPollMs: minute },
    // A chunk of a plain model is three events for five hundred samples. A council's sample is about forty events: 25 of them stay far below what a history may hold.
    chunk: { plainSamples: 500, panelSamples: 25, panelConcurrency: 10 },
    // As many as a batch may have.
    batchSamples: 100_000,
    plainWindow: 2,
    // Half an hour, as the predecessor's for a consensus service. No Retry-After is longer than ten minutes.
    sample: { timeoutMs: 30 * minute, callTimeoutMs: 10 * minute, longestRetryMs: 10 * minute, rateLimitDelaysMs },
    // More than any knob allows; the sample's time is over before.
    panelCalls: { attempts: 30, retry: { initialMs: 1_000, maximumMs: 30_000 } },
    local: { startToCloseMs: 10_000, retryInitialMs: 100, retryMaximumMs: 2_000 },
    // Chunks in the window end before a new history begins: a pause of one chunk in some eighty.
    newHistoryAfterEvents: 500,
  },
  test: {
    workflowTaskTimeoutMs: 2_000,
    rows: { startToCloseMs: minute, scheduleToCloseMs: 10 * minute, heartbeatMs: 3_000, retry: { initialMs: 50, maximumMs: 500 } },
    loadSamples: { startToCloseMs: 5 * minute, scheduleToCloseMs: 10 * minute, heartbeatMs: 10_000, retry: { initialMs: 50, maximumMs: 500 } },
    answerSamples: { startToCloseMs: 5 * minute, scheduleToCloseMs: 10 * minute, heartbeatMs: 3_000, retry: { initialMs: 50, maximumMs: 500 }, lookMs: 100 },
    awaitBatch: { startToCloseMs: minute, scheduleToCloseMs: hour, heartbeatMs: 10_000, retry: { initialMs: 50, maximumMs: 500 }, pollMs: 200, longestPollMs: 500 },
    chunk: { plainSamples: 50, panelSamples: 10, panelConcurrency: 5 },
    batchSamples: 1_400,
    plainWindow: 2,
    sample: { timeoutMs: 5 * minute, callTimeoutMs: 20_000, longestRetryMs: 400, rateLimitDelaysMs: [50, 50, 100, 100, 100] },
    panelCalls: { attempts: 30, retry: { initialMs: 50, maximumMs: 500 } },
    local: { startToCloseMs: 5_000, retryInitialMs: 50, retryMaximumMs: 500 },
    newHistoryAfterEvents: 150,
  },
};

/** Options of a run's local activities: tried until the database answers. */
export function runLocalOptions({ local }: RunPolicy): LocalActivityOptions {
  return { startToCloseTimeout: local.startToCloseMs, retry: { initialInterval: local.retryInitialMs, maximumInterval: local.retryMaximumMs, backoffCoefficient: 2 } };
}
