import { ApplicationFailure } from '@temporalio/common';
import { isRetryable } from '../domain/failures/failure-code.js';
import type { ProviderFailure } from '../src/providers/provider-failure.js';

/**
 * A provider's trouble in Temporal's terms: the code is the type, permanent ones are not retried, Retry-After decides the next attempt. `retryInMs` decides it instead: null, there
 * is none. To Temporal a delay of 0 would mean the same.
 */
export function toApplicationFailure(failure: ProviderFailure, retryInMs: number | null | undefined = isRetryable(failure.code) ? failure.retryAfterMs : null): ApplicationFailure {
  return ApplicationFailure.create({
    type: failure.code,
    message: failure.message,
    nonRetryable: retryInMs === null,
    details: [{ provider: failure.provider, model: failure.model, ...(failure.httpStatus === undefined ? {} : { httpStatus: failure.httpStatus }) }],
    ...(retryInMs === null || retryInMs === undefined ? {} : { nextRetryDelay: Math.max(1, retryInMs) }),
  });
}

/** A bug or a broken contract: trying again would only pay again. */
export function internalFailure(error: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'internal',
    message: error instanceof Error ? error.message : String(error),
    nonRetryable: true,
    ...(error instanceof Error ? { cause: error } : {}),
  });
}
