import type { CompletionOutcome } from '../../domain/chat/decision.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import type { PolicyName } from '../policies/policy-name.js';

/** The workflow type and the task queue of completions; both are wire names. */
export const completionWorkflowType = 'completionWorkflow';
export const completionTaskQueue = 'conclave-completions';

/** Argument of the completion workflow. The conversation stays in Postgres under `completionId`. */
export interface CompletionInput {
  completionId: string;
  plan: StrategyPlan;
  /** The client streams: the final stage publishes its text. */
  stream: boolean;
  policy: PolicyName;
  /** ISO time at which the completion must have its answer. */
  deadlineAt: string;
}

/** Result of the completion workflow: small, the answer itself is the completion's record. */
export interface CompletionResult {
  completionId: string;
  ok: boolean;
  calls: number;
}

/** Argument of the `recordCompletion` local activity. */
export interface RecordCompletionInput {
  completionId: string;
  outcome: CompletionOutcome;
  /** Calls that nobody waits for any more; 0 where missing. */
  callsUnderWay?: number;
}

export const progressQueryName = 'progress';
/** Answer of the `progress` query. */
export interface CompletionProgress {
  stage: string | null;
  callsStarted: number;
  callsEnded: number;
}
