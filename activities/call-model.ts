import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { CallAnswer, CallModelInput } from '../domain/chat/call.js';
import { retryDelayMs } from '../domain/failures/retry-delays.js';
import type { RetryKnobs } from '../domain/failures/retry-delays.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import type { CompletionActivities } from './completion-activities.js';
import { abandonSignal, withHeartbeats } from './heartbeats.js';
import { answerOnly, makeCall } from './make-call.js';
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
  if (recorded) return answerOnly(recorded);
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
