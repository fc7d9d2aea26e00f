import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';
import type { PolicyName } from './policy-name.js';

/** Everything that decides how long a completion's parts may take and how often they are tried; milliseconds throughout. */
export interface CompletionPolicy {
  /** Longest a worker may work on one workflow task before another worker gets it: how long a killed worker's workflow stands still. */
  workflowTaskTimeoutMs: number;
  /** Longest a workflow task waits for the worker that has the workflow in its cache: after a worker's death the first task waits this long. */
  stickyScheduleToStartMs: number;
  /** Beyond a completion's deadline its workflow may exist this much longer, so that the outcome is recorded once a database is back. */
  executionReserveMs: number;
  callModel: {
    heartbeatTimeoutMs: number;
    /** Beyond the provider's own time-out: reading the conversation, writing the ledger, a short absence of Postgres. */
    startToCloseReserveMs: number;
    retry: { initialMs: number; maximumMs: number; backoffCoefficient: number; attempts: number };
  };
  executeTool: { timeoutMs: number; heartbeatTimeoutMs: number; attempts: number };
  recordCompletion: { startToCloseMs: number; retryInitialMs: number; retryMaximumMs: number };
}

/** The named policies. `test` differs in how fast a death is noticed and a retry made, and in nothing else. */
export const completionPolicies: Record<PolicyName, CompletionPolicy> = {
  interactive: {
    // A workflow task takes milliseconds; 10 s is Temporal's default and forgives a stopped garbage-collected process.
    workflowTaskTimeoutMs: 10_000,
    // Someone waits for the answer; replaying a completion on another worker costs a few milliseconds, so don't wait long.
    stickyScheduleToStartMs: 3_000,
    // A day: a database may be away over a night, and the answers are paid.
    executionReserveMs: 86_400_000,
    callModel: {
      // Calls are long and silent; 10 s without a heartbeat means that the worker is gone.
      heartbeatTimeoutMs: 10_000,
      // A restart of Postgres takes seconds; up to 30 s the same attempt keeps its answer and waits.
      startToCloseReserveMs: 30_000,
      // Someone waits: first retry after 250 ms, never more than 1 s (a provider's Retry-After overrides it). Three attempts pass nearly
      // every short trouble; a longer one is the quorum's business.
      retry: { initialMs: 250, maximumMs: 1_000, backoffCoefficient: 2, attempts: 3 },
    },
    // A tool is an HTTP call inside a conversation: 30 s. Retried once, for a tool endpoint that restarts.
    executeTool: { timeoutMs: 30_000, heartbeatTimeoutMs: 10_000, attempts: 2 },
    // One UPDATE; retried until Postgres is back, at most every 2 s.
    recordCompletion: { startToCloseMs: 10_000, retryInitialMs: 100, retryMaximumMs: 2_000 },
  },
  test: {
    // Workflow tasks of tests take milliseconds too; 2 s is a dead worker.
    workflowTaskTimeoutMs: 2_000,
    stickyScheduleToStartMs: 1_000,
    // Nothing of a test lasts ten minutes.
    executionReserveMs: 600_000,
    callModel: {
      // The shortest that a busy two-core machine does not miss by itself.
      heartbeatTimeoutMs: 2_000,
      startToCloseReserveMs: 30_000,
      retry: { initialMs: 50, maximumMs: 400, backoffCoefficient: 2, attempts: 3 },
    },
    executeTool: { timeoutMs: 5_000, heartbeatTimeoutMs: 2_000, attempts: 2 },
    recordCompletion: { startToCloseMs: 5_000, retryInitialMs: 50, retryMaximumMs: 500 },
  },
};

/** Options of one `callModel` activity. `remainingMs` is the time left until the completion's deadline. */
export function callModelOptions(policy: CompletionPolicy, call: { summary: string; timeoutMs: number; remainingMs: number }): ActivityOptions {
  const { callModel } = policy;
  return {
    summary: call.summary,
    startToCloseTimeout: call.timeoutMs + callModel.startToCloseReserveMs,
    // At the deadline the call is over for the workflow; what it still answers enters the ledger.
    scheduleToCloseTimeout: Math.max(call.remainingMs, 1),
    heartbeatTimeout: callModel.heartbeatTimeoutMs,
    retry: {
      initialInterval: callModel.retry.initialMs,
      maximumInterval: callModel.retry.maximumMs,
      backoffCoefficient: callModel.retry.backoffCoefficient,
      maximumAttempts: callModel.retry.attempts,
    },
  };
}

/** Options of one `executeTool` activity. */
export function executeToolOptions(policy: CompletionPolicy, call: { summary: string; remainingMs: number }): ActivityOptions {
  return {
    summary: call.summary,
    startToCloseTimeout: policy.executeTool.timeoutMs + policy.callModel.startToCloseReserveMs,
    scheduleToCloseTimeout: Math.max(call.remainingMs, 1),
    heartbeatTimeout: policy.executeTool.heartbeatTimeoutMs,
    retry: { initialInterval: policy.callModel.retry.initialMs, maximumAttempts: policy.executeTool.attempts },
  };
}

/** Options of the `recordCompletion` local activity: it is tried until it succeeds. */
export function recordCompletionOptions(policy: CompletionPolicy): LocalActivityOptions {
  return {
    startToCloseTimeout: policy.recordCompletion.startToCloseMs,
    retry: { initialInterval: policy.recordCompletion.retryInitialMs, maximumInterval: policy.recordCompletion.retryMaximumMs, backoffCoefficient: 2 },
  };
}
