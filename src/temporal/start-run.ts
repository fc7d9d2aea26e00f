import type { Client } from '@temporalio/client';
import { jobsTaskQueue } from '../../workflows/messages/batch-messages.js';
import { runSignals, runWorkflowType } from '../../workflows/messages/run-messages.js';
import type { RunWorkflowInput } from '../../workflows/messages/run-messages.js';
import { runPolicies } from '../../workflows/policies/run-policies.js';
import { attributesOf } from './search-attributes.js';
import type { SearchAttributeValues } from './search-attributes.js';

/** The workflow of a run. */
export function runWorkflowId(runId: string): string {
  return `run/${runId}`;
}

/** What the Web UI shows of a run: `summary`, such as `gsm8k, mmlu · composite/council/gpt-4o`, and its search attributes. */
export interface RunAppearance {
  summary: string;
  attributes: SearchAttributeValues;
}

/**
 * Starts the workflow of a run: a running one is left alone, one that ended (terminated, or finished before its run was opened again) goes on where the rows say. Safe to repeat. Throws what the
 * client throws where Temporal can't be reached.
 */
export async function startRun(client: Client, input: RunWorkflowInput, appearance: RunAppearance): Promise<void> {
  await client.workflow.start(runWorkflowType, await startOptions(client, input, appearance));
}

/** Has the samples in error of a run asked again: by a signal to its workflow, which is started anew where it has ended. */
export async function retryRunErrors(client: Client, input: RunWorkflowInput, appearance: RunAppearance): Promise<void> {
  await client.workflow.signalWithStart(runWorkflowType, { ...(await startOptions(client, { ...input, retryErrors: true }, appearance)), signal: runSignals.retryErrors, signalArgs: [] });
}

async function startOptions(client: Client, input: RunWorkflowInput, { summary, attributes }: RunAppearance) {
  return {
    workflowId: runWorkflowId(input.runId),
    taskQueue: jobsTaskQueue,
    args: [input] as [RunWorkflowInput],
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    workflowTaskTimeout: runPolicies[input.policy].workflowTaskTimeoutMs,
    staticSummary: summary,
    typedSearchAttributes: await attributesOf(client).pick({ ConclaveRun: input.runId, ...attributes }),
  };
}
