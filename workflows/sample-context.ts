import { ActivityFailure, ApplicationFailure, patched, proxyActivities } from '@temporalio/workflow';
import type { CompletionActivities } from '../activities/completion-activities.js';
import type { Stop } from '../activities/run-activities.js';
import type { CallFailure } from '../domain/failures/failure-code.js';
import type { Reason } from '../domain/runs/judge-run.js';
import { toCallFailure } from './call-failure.js';
import { CompletionClock } from './completion-clock.js';
import type { PanelHost } from './consensus/panel-context.js';
import type { PolicyName } from './policies/policy-name.js';
import { callModelOptions, completionPolicies } from './policies/activity-options.js';
import { runPolicies } from './policies/run-policies.js';

const { callModel } = proxyActivities<Pick<CompletionActivities, 'callModel'>>({ startToCloseTimeout: '1 minute' });

/** What stops the chunk instead of becoming part of an outcome. */
const refusedByTarget: Partial<Record<CallFailure['code'], { by: 'hold' | 'failed'; said: string }>> = {
  rate_limit: { by: 'hold', said: 'refuses more calls' },
  auth: { by: 'failed', said: "can't be called" },
  billing: { by: 'failed', said: "can't be called" },
  not_found: { by: 'failed', said: "can't be called" },
};

/**
 * A sample's panel over Temporal: each call is one `callModel` activity on the queue of jobs. `onStop` hears of calls that the run's cap refused, and of those that the provider
 * refused and would refuse to every sample: such a sample has no outcome yet, as a panel without that member is not what is measured.
 */
export function createSampleHost(input: { sampleId: string; runId: string; policy: PolicyName }, onStop: (stop: Stop) => void): PanelHost {
  const policy = policyOf(input.policy);
  let refused: CallFailure | null = null;
  return {
    completionId: input.sampleId,
    groupId: input.runId,
    stream: false,
    now: () => Date.now(),
    clock: (deadlineAt) => new CompletionClock(deadlineAt),
    callModel: async (call, deadlineAt) => {
      // What the others say would be asked for again with the sample.
      if (refused !== null) return { ok: false, failure: refused };
      const summary = `${call.stage} · ${call.model.model} · ${call.memberIndex + 1}/${call.of}`;
      try {
        const remainingMs = Math.max(deadlineAt - Date.now(), 1);
        const options = callModelOptions(policy, { summary, timeoutMs: call.timeoutMs, remainingMs });
        // The wait for a place at the provider is no part of the call's own time.
        return { ok: true, ...(await callModel.executeWithOptions({ ...options, startToCloseTimeout: remainingMs }, [call])) };
      } catch (error) {
        const reached = capReached(error);
        if (reached) onStop({ by: 'hold', reason: reached });
        const failure = toCallFailure(error);
        const refusal = refusedByTarget[failure.code];
        // Asked only here, so that histories without such a failure know nothing of it. What the panel went on with at a cap would lack an answer that is still to come.
        if ((reached || refusal) && patched('2026-11-refused-panel-calls')) {
          refused = failure;
          if (refusal) onStop({ by: refusal.by, reason: { code: failure.code, message: `'${call.model.provider}/${call.model.model}' ${refusal.said}: ${failure.message}` } });
        }
        return { ok: false, failure };
      }
    },
    // Samples offer no tools.
    executeTool: ({ name }) => Promise.resolve({ content: `The tool '${name}' is not available in a benchmark run.`, isError: true }),
  };
}

// Nobody waits: the activity itself says when a call is tried again.
function policyOf(name: PolicyName) {
  const { panelCalls } = runPolicies[name];
  const policy = completionPolicies[name];
  return { ...policy, callModel: { ...policy.callModel, retry: { ...panelCalls.retry, backoffCoefficient: 2, attempts: panelCalls.attempts } } };
}

function capReached(error: unknown): Reason | null {
  const cause = error instanceof ActivityFailure ? error.cause : null;
  if (!(cause instanceof ApplicationFailure) || (cause.type !== 'cost_cap' && cause.type !== 'token_cap')) return null;
  return { code: cause.type, message: cause.message };
}
