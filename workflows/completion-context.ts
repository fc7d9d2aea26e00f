import { proxyActivities } from '@temporalio/workflow';
import type { CompletionActivities } from '../activities/completion-activities.js';
import { toCallFailure } from './call-failure.js';
import { CompletionClock } from './completion-clock.js';
import type { PanelHost } from './consensus/panel-context.js';
import type { CompletionInput } from './messages/completion-messages.js';
import { callModelOptions, completionPolicies, executeToolOptions } from './policies/activity-options.js';

const { callModel, executeTool } = proxyActivities<Pick<CompletionActivities, 'callModel' | 'executeTool'>>({ startToCloseTimeout: '1 minute' });

/** A completion's panel over Temporal: each call is one `callModel` activity under the input's policy. `onCall` counts what is under way. */
export function createCompletionHost(input: CompletionInput, onCall: (change: 'started' | 'ended') => void): PanelHost {
  const policy = completionPolicies[input.policy];
  return {
    completionId: input.completionId,
    stream: input.stream,
    now: () => Date.now(),
    clock: (deadlineAt) => new CompletionClock(deadlineAt),
    callModel: async (call, deadlineAt) => {
      const summary = `${call.stage} · ${call.model.model} · ${call.memberIndex + 1}/${call.of}`;
      onCall('started');
      try {
        const options = callModelOptions(policy, { summary, timeoutMs: call.timeoutMs, remainingMs: deadlineAt - Date.now() });
        return { ok: true, ...(await callModel.executeWithOptions(options, [call])) };
      } catch (error) {
        return { ok: false, failure: toCallFailure(error) };
      } finally {
        onCall('ended');
      }
    },
    executeTool: async (run, deadlineAt) => {
      try {
        const options = executeToolOptions(policy, { summary: `tool · ${run.name}`, remainingMs: deadlineAt - Date.now() });
        return await executeTool.executeWithOptions(options, [{ completionId: input.completionId, ...run }]);
      } catch (error) {
        return { content: `The tool '${run.name}' failed: ${toCallFailure(error).message}`, isError: true };
      }
    },
  };
}
