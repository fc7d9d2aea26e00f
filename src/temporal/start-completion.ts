import type { Client } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { completionTaskQueue, completionWorkflowType } from '../../workflows/messages/completion-messages.js';
import type { CompletionInput } from '../../workflows/messages/completion-messages.js';
import { completionPolicies } from '../../workflows/policies/activity-options.js';
import { attributesOf } from './search-attributes.js';
import type { SearchAttributeValues } from './search-attributes.js';

/** The workflow of a completion. */
export function completionWorkflowId(completionId: string): string {
  return `completion/${completionId}`;
}

/**
 * Starts the workflow of a completion, once: a running one is left alone, a finished one is not run again. Safe to repeat for the same input.
 * Throws what the client throws where Temporal can't be reached.
 */
export async function startCompletion(client: Client, input: CompletionInput, attributes: SearchAttributeValues): Promise<void> {
  const policy = completionPolicies[input.policy];
  try {
    await client.workflow.start(completionWorkflowType, {
      workflowId: completionWorkflowId(input.completionId),
      taskQueue: completionTaskQueue,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowTaskTimeout: policy.workflowTaskTimeoutMs,
      workflowExecutionTimeout: Math.max(0, Date.parse(input.deadlineAt) - Date.now()) + policy.executionReserveMs,
      staticSummary: summaryOf(input),
      typedSearchAttributes: await attributesOf(client).pick(attributes),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

function summaryOf({ plan }: CompletionInput): string {
  const members = plan.members.map((member) => member.label);
  return `${plan.strategy} · ${members.length <= 4 ? members.join(', ') : `${members.slice(0, 3).join(', ')} and ${members.length - 3} more`}`;
}
