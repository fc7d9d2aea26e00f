import type { PayloadCodec } from '@temporalio/common';
import type { NativeConnection, WorkflowBundleOption } from '@temporalio/worker';
import { Worker } from '@temporalio/worker';
import type { CompletionActivities } from '../../activities/completion-activities.js';
import { completionTaskQueue } from '../../workflows/messages/completion-messages.js';
import { jobsTaskQueue } from '../../workflows/messages/batch-messages.js';
import { batchPolicies } from '../../workflows/policies/batch-policies.js';
import { completionPolicies } from '../../workflows/policies/activity-options.js';
import type { PolicyName } from '../../workflows/policies/policy-name.js';

/** What both workers of a process are made of. */
export interface WorkerParts {
  connection: NativeConnection;
  namespace: string;
  codec: PayloadCodec;
  policy: PolicyName;
  workflowBundle: WorkflowBundleOption;
}

/** A worker for completions, tuned: its activities mostly wait for providers, so many may run; its workflow tasks take a millisecond of one thread. */
export function createWorker(parts: WorkerParts & { activities: CompletionActivities }): Promise<Worker> {
  return Worker.create({
    connection: parts.connection,
    namespace: parts.namespace,
    taskQueue: completionTaskQueue,
    workflowBundle: parts.workflowBundle,
    activities: parts.activities,
    dataConverter: { payloadCodecs: [parts.codec] },
    // Calls wait for providers: 400 are sockets and little memory. More completions at once means another worker.
    maxConcurrentActivityTaskExecutions: 400,
    // A council's whole stage is handed over with the workflow task that scheduled it: 16 is the largest panel (the default of 3 sends the rest the slow way).
    maxEagerActivityReservationsPerWorkflowTask: 16,
    maxConcurrentLocalActivityExecutions: 100,
    maxConcurrentWorkflowTaskExecutions: 40,
    // Half of the pollers wait on the common queue, where every completion begins: with few of them there a burst is written to the queue's table first.
    maxConcurrentWorkflowTaskPolls: 20,
    nonStickyToStickyPollRatio: 0.5,
    // Nearly every activity arrives eagerly; pollers serve retries and what other workers left.
    maxConcurrentActivityTaskPolls: 4,
    // Completions are short; one in the cache costs about 50 KB.
    maxCachedWorkflows: 1_000,
    reuseV8Context: true,
    // The workflows' one thread is never the bottleneck on two cores; a second one costs 60 MB.
    workflowThreadPoolSize: 1,
    stickyQueueScheduleToStartTimeout: completionPolicies[parts.policy].stickyScheduleToStartMs,
    // Cancellation and death are noticed through heartbeats: at most this far apart. Where two seconds without one mean death, none is held back so long that a busy machine makes it late.
    maxHeartbeatThrottleInterval: parts.policy === 'test' ? 500 : 2_500,
    defaultHeartbeatThrottleInterval: parts.policy === 'test' ? 500 : 2_500,
    // On SIGTERM calls under way get this long to finish and be recorded.
    shutdownGraceTime: parts.policy === 'test' ? 2_000 : 20_000,
    shutdownForceTime: parts.policy === 'test' ? 4_000 : 25_000,
  });
}

/** A worker for what nobody waits for: batches, runs. It has slots of its own, so that however much is collected, completions find theirs free. */
export function createJobsWorker(parts: WorkerParts & { activities: object }): Promise<Worker> {
  const policy = batchPolicies[parts.policy];
  return Worker.create({
    connection: parts.connection,
    namespace: parts.namespace,
    taskQueue: jobsTaskQueue,
    workflowBundle: parts.workflowBundle,
    activities: parts.activities,
    dataConverter: { payloadCodecs: [parts.codec] },
    // Calls of a run's panels mostly wait for providers; what holds much in memory limits itself (few-at-once.ts).
    maxConcurrentActivityTaskExecutions: 200,
    // As for completions: a stage is handed over with the task that scheduled it.
    maxEagerActivityReservationsPerWorkflowTask: 16,
    maxConcurrentWorkflowTaskExecutions: 10,
    maxConcurrentWorkflowTaskPolls: 4,
    maxConcurrentActivityTaskPolls: 2,
    maxConcurrentLocalActivityExecutions: 20,
    maxCachedWorkflows: 200,
    reuseV8Context: true,
    workflowThreadPoolSize: 1,
    stickyQueueScheduleToStartTimeout: policy.stickyScheduleToStartMs,
    maxHeartbeatThrottleInterval: parts.policy === 'test' ? 500 : 10_000,
    defaultHeartbeatThrottleInterval: parts.policy === 'test' ? 500 : 10_000,
    // On SIGTERM these activities hear of it at once: they begin nothing new, and what they sent gets this long to be recorded.
    shutdownGraceTime: 1,
    shutdownForceTime: parts.policy === 'test' ? 4_000 : 25_000,
  });
}
