import { types } from 'node:util';
import { APICallError } from '@ai-sdk/provider';
import type { BatchCallOptions } from '../batch-provider.js';
import { CallDeadline } from '../call-deadline.js';
import type { ProviderFailure } from '../provider-failure.js';
import { failure, toProviderFailure, type FailureContext } from '../to-provider-failure.js';
import { InputTooLarge, InputUnreadable } from './spool-input.js';

/** One step at a provider's batch interface, bounded by `timeoutMs`; whatever goes wrong is a `ProviderFailure`, the signal's reason, or what reading the lines threw. */
export async function batchStep<Result>(context: FailureContext, options: BatchCallOptions, step: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  options.signal.throwIfAborted();
  const deadline = new CallDeadline(options.signal, options.timeoutMs, null);
  try {
    return await step(deadline.signal);
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof InputUnreadable) throw error.cause;
    if (error instanceof InputTooLarge) throw failure('bad_request', error.message, context, { cause: error });
    if (deadline.expired !== null) throw tooLate(options, context, error);
    throw stepFailure(error, context);
  } finally {
    deadline.stop();
  }
}

/** The body of an answer piece by piece. `timeoutMs` bounds the wait for each, so that neither the length of a file nor a slow reader ends it. */
export async function* download(context: FailureContext, options: BatchCallOptions, open: (signal: AbortSignal) => Promise<Response>): AsyncGenerator<Uint8Array> {
  options.signal.throwIfAborted();
  const end = new AbortController();
  const late = new Error('late');
  const within = async <Result>(wait: Promise<Result>): Promise<Result> => {
    const timer = setTimeout(() => end.abort(late), options.timeoutMs);
    try {
      return await wait;
    } finally {
      clearTimeout(timer);
    }
  };
  try {
    const response = await within(open(AbortSignal.any([options.signal, end.signal])));
    if (response.body === null) return;
    const reader = response.body.getReader();
    for (let piece = await within(reader.read()); !piece.done; piece = await within(reader.read())) yield piece.value;
  } catch (error) {
    options.signal.throwIfAborted();
    if (end.signal.reason === late) throw tooLate(options, context, error);
    throw stepFailure(error, context);
  } finally {
    end.abort(); // Of a reader that stopped early; nothing is left to abort otherwise.
  }
}

function tooLate(options: BatchCallOptions, context: FailureContext, cause: unknown): ProviderFailure {
  return failure('timeout', `its batch interface gave no answer within ${String(options.timeoutMs)} ms`, context, { cause });
}

// The vendors' clients wrap what `fetch` throws into errors of their own.
function stepFailure(error: unknown, context: FailureContext): ProviderFailure {
  for (let current = error, depth = 0; types.isNativeError(current) && depth < 8; current = current.cause, depth += 1) {
    if (APICallError.isInstance(current)) return toProviderFailure(current, context);
  }
  return toProviderFailure(error, context);
}
