import type { Client } from '@temporalio/client';
import { batchSignals, batchWorkflowType, jobsTaskQueue } from '../../workflows/messages/batch-messages.js';
import type { BatchWorkflowInput } from '../../workflows/messages/batch-messages.js';
import { batchPolicies } from '../../workflows/policies/batch-policies.js';
import { attributesOf } from './search-attributes.js';
import type { SearchAttributeValues } from './search-attributes.js';

/** The workflow of a batch. */
export function batchWorkflowId(batchId: string): string {
  return `batch/${batchId}`;
}

/** What the Web UI shows of a batch: `summary`, such as `5000 items · gpt-4o-mini`, and its search attributes. */
export interface BatchAppearance {
  summary: string;
  attributes: SearchAttributeValues;
}

/**
 * Starts the workflow of a batch: a running one is left alone, one that ended (terminated, or finished before the database was restored) goes on where the rows say. Safe to
 * repeat. Throws what the client throws where Temporal can't be reached.
 */
export async function startBatch(client: Client, input: BatchWorkflowInput, appearance: BatchAppearance): Promise<void> {
  await client.workflow.start(batchWorkflowType, await startOptions(client, input, appearance));
}

/** Has the failed items of a batch retried: by a signal to its workflow, which is started anew where it has ended. */
export async function retryFailedItems(client: Client, input: BatchWorkflowInput, appearance: BatchAppearance): Promise<void> {
  await client.workflow.signalWithStart(batchWorkflowType, { ...(await startOptions(client, { ...input, retryFailed: true }, appearance)), signal: batchSignals.retryFailed, signalArgs: [] });
}

async function startOptions(client: Client, input: BatchWorkflowInput, { summary, attributes }: BatchAppearance) {
  return {
    workflowId: batchWorkflowId(input.batchId),
    taskQueue: jobsTaskQueue,
    args: [input] as [BatchWorkflowInput],
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    workflowTaskTimeout: batchPolicies[input.policy].workflowTaskTimeoutMs,
    staticSummary: summary,
    typedSearchAttributes: await attributesOf(client).pick(attributes),
  };
}
