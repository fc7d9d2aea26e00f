import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { CallAnswer, CallModelInput } from '../domain/chat/call.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import type { CompletionActivities } from './completion-activities.js';
import { abandonSignal, withHeartbeats } from './heartbeats.js';
import { answerOnly, makeCall } from './make-call.js';
import type { Ledger } from './ledger.js';
import type { MakeCallParts } from './make-call.js';
import { internalFailure, toApplicationFailure } from './to-application-failure.js';

/** What the worker gives the activity. */
export type CallModelParts = MakeCallParts & { ledger: Ledger };

/** The activity that calls a model. A call under way in this worker is joined, a recorded one is returned, only then is a provider asked. */
export function createCallModel(parts: CallModelParts): CompletionActivities['callModel'] {
  const underWay = new Map<string, Promise<CallAnswer>>();
  return (input) => {
    const context = Context.current();
    const identity = `${input.completionId} ${input.key}`;
    let answer = underWay.get(identity);
    if (!answer) {
      answer = callOnce(parts, input, context).finally(() => underWay.delete(identity));
      underWay.set(identity, answer);
    }
    return withHeartbeats(context, answer);
  };
}

async function callOnce(parts: CallModelParts, input: CallModelInput, context: Context): Promise<CallAnswer> {
  const { recorded, conversation } = await parts.ledger.lookUp(input.completionId, input.key);
  if (recorded) return answerOnly(recorded);
  const signal = abandonSignal(context, () => parts.ledger.isCanceled(input.completionId));
  try {
    return await makeCall(parts, input, conversation, { number: context.info.attempt, signal });
  } catch (error) {
    if (signal.aborted) throw context.cancellationSignal.reason;
    if (error instanceof ApplicationFailure) throw error;
    throw error instanceof ProviderFailure ? toApplicationFailure(error) : internalFailure(error);
  }
}
