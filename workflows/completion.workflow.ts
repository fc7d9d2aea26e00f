import { CancellationScope, defineQuery, isCancellation, proxyLocalActivities, setHandler } from '@temporalio/workflow';
import type { CompletionActivities } from '../activities/completion-activities.js';
import type { StageName } from '../domain/chat/call.js';
import type { CompletionFailure, CompletionOutcome } from '../domain/chat/decision.js';
import { createCompletionHost } from './completion-context.js';
import { createPanelContext, runStrategy } from './consensus/panel-context.js';
import type { StrategyEvent } from './consensus/strategy.js';
import { progressQueryName } from './messages/completion-messages.js';
import type { CompletionInput, CompletionProgress, CompletionResult } from './messages/completion-messages.js';
import { completionPolicies, recordCompletionOptions } from './policies/activity-options.js';

/** One request through a strategy: runs it, records the outcome, and ends the same way whatever happened: the completion's row says how it went. */
export async function completionWorkflow(input: CompletionInput): Promise<CompletionResult> {
  const progress: CompletionProgress = { stage: null, callsStarted: 0, callsEnded: 0 };
  setHandler(defineQuery<CompletionProgress>(progressQueryName), () => progress);
  const outcome = await decide(input, progress);
  const { recordCompletion } = proxyLocalActivities<Pick<CompletionActivities, 'recordCompletion'>>(recordCompletionOptions(completionPolicies[input.policy]));
  const { calls } = await CancellationScope.nonCancellable(() => recordCompletion({ completionId: input.completionId, outcome, callsUnderWay: progress.callsStarted - progress.callsEnded }));
  return { completionId: input.completionId, ok: outcome.ok, calls };
}

async function decide(input: CompletionInput, progress: CompletionProgress): Promise<CompletionOutcome> {
  let stageReached: StageName | null = null;
  let stage: StageName | null = null;
  const onEvent = (event: StrategyEvent): void => {
    if (event.type !== 'stage') return;
    if (stage !== event.stage) stageReached = stage;
    stage = event.stage;
    progress.stage = stage;
  };
  const host = createCompletionHost(input, (change) => {
    if (change === 'started') progress.callsStarted++;
    else progress.callsEnded++;
  });
  const context = createPanelContext({ host, plan: input.plan, path: '', depth: 0, deadlineAt: Date.parse(input.deadlineAt), onEvent });
  try {
    // Cancellation ends the wait at once; what is still running is told so and recorded if it answers.
    return await Promise.race([runStrategy(input.plan, context), CancellationScope.current().cancelRequested]);
  } catch (error) {
    return { ok: false, failure: failureOf(error, stageReached) };
  }
}

function failureOf(error: unknown, stageReached: StageName | null): CompletionFailure {
  if (isCancellation(error)) return { code: 'canceled', message: 'The completion was canceled.', missing: [], stageReached };
  // A plain error would block the workflow in endless task retries: a strategy's bug ends its completion instead.
  return { code: 'internal', message: `The strategy failed: ${error instanceof Error ? error.message : String(error)}`, missing: [], stageReached };
}
