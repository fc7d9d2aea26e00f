import { ActivityFailure, ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { CompletionActivities } from '../activities/completion-activities.js';
import { toCallFailure } from './call-failure.js';
import { CompletionClock } from './completion-clock.js';
import type { PanelHost } from './consensus/panel-context.js';
import type { PolicyName } from './policies/policy-name.js';
import { callModelOptions, completionPolicies } from './policies/activity-options.js';
import { runPolicies } from './policies/run-policies.js';

const { callModel } = proxyActivities<Pick<CompletionActivities, 'callModel'>>({ startToCloseTimeout: '1 minute' });

/** What refused a call because of the run's cap. */
export interface CapReached {
  code: string;
  message: string;
}

/** A sample's panel over Temporal: each call is one `callModel` activity on the queue of jobs. `onCap` hears of calls that the run's cap refused: such a sample has no outcome yet. */
export function createSampleHost(input: { sampleId: string; runId: string; policy: PolicyName }, onCap: (reached: CapReached) => void): PanelHost {
  const policy = policyOf(input.policy);
  return {
    completionId: input.sampleId,
    groupId: input.runId,
    stream: false,
    now: () => Date.now(),
    clock: (deadlineAt) => new CompletionClock(deadlineAt),
    callModel: async (call, deadlineAt) => {
      const summary = `${call.stage} · ${call.model.model} · ${call.memberIndex + 1}/${call.of}`;
      try {
        const options = callModelOptions(policy, { summary, timeoutMs: call.timeoutMs, remainingMs: deadlineAt - Date.now() });
        return { ok: true, ...(await callModel.executeWithOptions(options, [call])) };
      } catch (error) {
        const reached = capReached(error);
        if (reached) onCap(reached);
        return { ok: false, failure: toCallFailure(error) };
      }
    },
    // Samples offer no tools.
    executeTool: ({ name }) => Promise.resolve({ content: `The tool '${name}' is not available in a benchmark run.`, isError: true }),
  };
}

// Nobody waits: attempts are further apart than a client's.
function policyOf(name: PolicyName) {
  const { sample } = runPolicies[name];
  const policy = completionPolicies[name];
  return { ...policy, callModel: { ...policy.callModel, retry: { initialMs: sample.retryInitialMs, maximumMs: sample.longestRetryMs, backoffCoefficient: 4, attempts: sample.attempts } } };
}

function capReached(error: unknown): CapReached | null {
  const cause = error instanceof ActivityFailure ? error.cause : null;
  if (!(cause instanceof ApplicationFailure) || (cause.type !== 'cost_cap' && cause.type !== 'token_cap')) return null;
  return { code: cause.type, message: cause.message };
}
