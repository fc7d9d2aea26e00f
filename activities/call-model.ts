import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { CallAnswer, CallModelInput } from '../domain/chat/call.js';
import { retryDelayMs } from '../domain/failures/retry-delays.js';
import type { RetryKnobs } from '../domain/failures/retry-delays.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import type { RecordedCall } from '../src/traces/calls.store.js';
import type { CompletionActivities } from './completion-activities.js';
import { abandonSignal, withHeartbeats } from './heartbeats.js';
import { answerOnly, composedCall, makeCall } from './make-call.js';
import { isRunId } from '../domain/runs/sample-id.js';
import type { Ledger } from './ledger.js';
import type { MakeCallParts } from './make-call.js';
import { internalFailure, toApplicationFailure } from './to-application-failure.js';

/** What the worker gives the activity. */
export type CallModelParts = MakeCallParts & { ledger: Ledger };

/** When a call is tried again that nobody waits for: by the knobs, but none later than `longestMs`. */
export interface UnattendedRetry {
  knobs: RetryKnobs;
  longestMs: number;
}

/**
 * The activity that calls a model. A call under way in this worker is joined, a recorded one is returned, only then is a provider asked. Without `unattended` Temporal's policy
 * and the provider's Retry-After decide about the next attempt.
 */
export function createCallModel(parts: CallModelParts, unattended: UnattendedRetry | null = null): CompletionActivities['callModel'] {
  const underWay = new Map<string, Promise<CallAnswer>>();
  return (input) => {
    const context = Context.current();
    const identity = `${input.completionId} ${input.key}`;
    let answer = underWay.get(identity);
    if (!answer) {
      answer = callOnce(parts, input, context, unattended).finally(() => underWay.delete(identity));
      underWay.set(identity, answer);
    }
    return withHeartbeats(context, answer);
  };
}

async function callOnce(parts: CallModelParts, input: CallModelInput, context: Context, unattended: UnattendedRetry | null): Promise<CallAnswer> {
  const { recorded, conversation } = await parts.ledger.lookUp(input.completionId, input.key);
  if (recorded && (await stillCounts(parts, input, { recorded, conversation }))) return answerOnly(recorded);
  const signal = abandonSignal(context, () => parts.ledger.isCanceled(input.completionId));
  try {
    return await makeCall(parts, input, conversation, { number: context.info.attempt, signal });
  } catch (error) {
    if (signal.aborted) throw context.cancellationSignal.reason;
    if (error instanceof ApplicationFailure) throw error;
    if (!(error instanceof ProviderFailure)) throw internalFailure(error);
    throw unattended === null ? toApplicationFailure(error) : toApplicationFailure(error, retryInMs(error, context.info.attempt, unattended));
  }
}

function retryInMs({ code, retryAfterMs }: ProviderFailure, attempt: number, { knobs, longestMs }: UnattendedRetry): number | null {
  const delayMs = retryDelayMs(code, attempt, knobs, retryAfterMs);
  return delayMs === null ? null : Math.min(delayMs, longestMs);
}

/**
 * A sample that was stopped half-way and is asked again may get an answer that failed the first time. What was asked about the others before is another question then, such as a review of fewer proposals.
 * A completion is never asked again.
 */
async function stillCounts(parts: CallModelParts, input: CallModelInput, { recorded, conversation }: Awaited<ReturnType<Ledger['lookUp']>> & { recorded: RecordedCall }): Promise<boolean> {
  if (input.groupId === undefined || !isRunId(input.groupId)) return true;
  const { requestHash } = composedCall(parts, input, conversation);
  if (requestHash === recorded.requestHash) return true;
  await parts.ledger.supersede(input.completionId, input.key, requestHash);
  return false;
}
