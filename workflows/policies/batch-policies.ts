import type { ActivityOptions } from '@temporalio/workflow';
import type { PolicyName } from './policy-name.js';

export interface StepPolicy {
  /** Longest one attempt may take. */
  startToCloseMs: number;
  /** Longest all attempts together, waits included; then the batch pauses and says why. */
  scheduleToCloseMs: number;
  /** Longest without a sign of life: how long a dead worker's work stands still. */
  heartbeatMs: number;
  /** Waits after what nobody foresaw (a database that is away, a worker that died); foreseen waits are the activity's own. */
  retry: { initialMs: number; maximumMs: number };
}

/** Everything that decides how long a batch's parts may take and how often they are tried; milliseconds throughout. What a batch's own options name is not here. */
export interface BatchPolicy {
  /** Longest a worker may work on one workflow task before another worker gets it. */
  workflowTaskTimeoutMs: number;
  stickyScheduleToStartMs: number;
  /** Rows of this database: reading the input, planning, releasing, ending. */
  rows: StepPolicy;
  submitJob: StepPolicy & {
    /** Between two looks for a place among a provider's jobs. */
    placePollMs: number;
    /** Of the request that creates a job. */
    createTimeoutMs: number;
    /** After its time-out a creation may still become visible this long; nothing is created again before. */
    createSettleMs: number;
    /** Of the upload of a job's lines. */
    uploadTimeoutMs: number;
  };
  awaitJob: StepPolicy & {
    /** Upper bound of the batch's own poll intervals. */
    maxPollMs: number;
    /** Of a request that asks or cancels. */
    requestTimeoutMs: number;
    /** Longest wait for the end of a job whose cancellation was asked for; then it counts as ended. */
    cancelWaitMs: number;
  };
  collectJob: StepPolicy & {
    /** Longest wait for the next piece of the results. */
    pieceTimeoutMs: number;
  };
  makeRealtimeCalls: StepPolicy & {
    /** Calls of one chunk under way at the same time. */
    concurrency: number;
    /** Between two looks whether to stop. */
    lookMs: number;
  };
  /** Upper bound of any wait between attempts about one job or call: the batch's own knobs, Retry-After included, stay below. */
  maxRetryDelayMs: number;
  /** Waits between rate limits in a row; after the last one the batch pauses. */
  rateLimitDelaysMs: readonly number[];
  /** How long a batch that paused for rate limits stays so: the first time, and at most. */
  rateLimitPause: { initialMs: number; maximumMs: number };
  /** Child workflows of one batch at one provider at the same time, where planning names no number. */
  window: number;
  /** Events after which the batch goes on in a new history, once nothing is under way. */
  newHistoryAfterEvents: number;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** The named policies. `test` differs in how fast things are noticed and tried again, and in nothing else. */
export const batchPolicies: Record<PolicyName, BatchPolicy> = {
  interactive: {
    // As for completions: milliseconds of work; 10 s forgives a process that stood still.
    workflowTaskTimeoutMs: 10_000,
    // Nobody waits for a batch; Temporal's own default.
    stickyScheduleToStartMs: 10_000,
    // 100,000 items take minutes; an hour bounds an attempt that hangs. A database may be away over a week-end.
    rows: { startToCloseMs: hour, scheduleToCloseMs: 4 * day, heartbeatMs: minute, retry: { initialMs: 1_000, maximumMs: 30_000 } },
    submitJob: {
      // 200 MB at 1 Mbit/s.
      startToCloseMs: hour,
      // A queue of jobs of a day each before this one has its place.
      scheduleToCloseMs: 14 * day,
      heartbeatMs: minute,
      retry: { initialMs: 1_000, maximumMs: 30_000 },
      // A place is free when a job ends, which is a matter of minutes to hours.
      placePollMs: 10_000,
      // 256 MB of lines in one request (Anthropic). The predecessor's 120 s were for requests without lines.
      createTimeoutMs: 10 * minute,
      // Lists of jobs show a new one within seconds; half a minute costs nothing beside a job of minutes to hours.
      createSettleMs: 30_000,
      uploadTimeoutMs: 50 * minute,
    },
    awaitJob: {
      // One or two requests.
      startToCloseMs: 10 * minute,
      // Beyond the oldest age that a batch may name (30 days), its cancellation included.
      scheduleToCloseMs: 32 * day,
      heartbeatMs: minute,
      retry: { initialMs: 5_000, maximumMs: minute },
      // The batch's own bound, 60 s by default, decides.
      maxPollMs: 10 * minute,
      // The predecessor's client time-out for Gemini, whose service is the slowest.
      requestTimeoutMs: 2 * minute,
      // OpenAI says that cancelling takes up to ten minutes; Anthropic finishes what it has begun.
      cancelWaitMs: hour,
    },
    collectJob: {
      // 50,000 rows take a minute; the download of a slow line bounds it.
      startToCloseMs: 4 * hour,
      scheduleToCloseMs: 4 * day,
      heartbeatMs: minute,
      retry: { initialMs: 5_000, maximumMs: minute },
      // As for other requests to the slowest provider.
      pieceTimeoutMs: 2 * minute,
    },
    makeRealtimeCalls: {
      // A chunk of some hundred calls, each retried over minutes.
      startToCloseMs: 12 * hour,
      scheduleToCloseMs: 4 * day,
      heartbeatMs: 30_000,
      retry: { initialMs: 1_000, maximumMs: 30_000 },
      // The provider's own limits slow this down; 16 calls of 5 s are 200 a minute.
      concurrency: 16,
      // Cancel should stop spending at once; a query a second is nothing.
      lookMs: 1_000,
    },
    maxRetryDelayMs: hour,
    rateLimitDelaysMs: [30_000, minute, 2 * minute, 5 * minute, 5 * minute],
    rateLimitPause: { initialMs: 5 * minute, maximumMs: hour },
    // As the predecessor's max_inflight_batches; the providers' own limit is counted over all batches besides.
    window: 10,
    // Ten jobs that are under way add up to 60 events: below 200 together.
    newHistoryAfterEvents: 100,
  },
  test: {
    workflowTaskTimeoutMs: 2_000,
    stickyScheduleToStartMs: 1_000,
    rows: { startToCloseMs: 5 * minute, scheduleToCloseMs: 10 * minute, heartbeatMs: 3_000, retry: { initialMs: 50, maximumMs: 500 } },
    submitJob: {
      startToCloseMs: 5 * minute,
      scheduleToCloseMs: 10 * minute,
      // The shortest that a busy two-core machine does not miss by itself.
      heartbeatMs: 3_000,
      retry: { initialMs: 50, maximumMs: 500 },
      placePollMs: 200,
      createTimeoutMs: 2_000,
      createSettleMs: 300,
      uploadTimeoutMs: minute,
    },
    awaitJob: {
      startToCloseMs: minute,
      scheduleToCloseMs: hour,
      heartbeatMs: 3_000,
      retry: { initialMs: 50, maximumMs: 500 },
      maxPollMs: 250,
      requestTimeoutMs: 5_000,
      cancelWaitMs: 5_000,
    },
    collectJob: { startToCloseMs: 5 * minute, scheduleToCloseMs: 10 * minute, heartbeatMs: 3_000, retry: { initialMs: 50, maximumMs: 500 }, pieceTimeoutMs: 5_000 },
    makeRealtimeCalls: { startToCloseMs: 5 * minute, scheduleToCloseMs: 10 * minute, heartbeatMs: 3_000, retry: { initialMs: 50, maximumMs: 500 }, concurrency: 8, lookMs: 100 },
    maxRetryDelayMs: 300,
    rateLimitDelaysMs: [50, 50, 100, 100, 100],
    rateLimitPause: { initialMs: 2_000, maximumMs: 8_000 },
    window: 10,
    newHistoryAfterEvents: 100,
  },
};

/** Options of one activity of a batch. Its summary is what the Web UI shows. */
export function stepOptions(step: StepPolicy, summary: string): ActivityOptions {
  return {
    summary,
    startToCloseTimeout: step.startToCloseMs,
    scheduleToCloseTimeout: step.scheduleToCloseMs,
    heartbeatTimeout: step.heartbeatMs,
    retry: { initialInterval: step.retry.initialMs, maximumInterval: step.retry.maximumMs, backoffCoefficient: 2 },
  };
}
