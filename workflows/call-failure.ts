import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import { failureCodes } from '../domain/failures/failure-code.js';
import type { CallFailure } from '../domain/failures/failure-code.js';

const knownCodes = new Set<string>([...failureCodes, 'deadline_exceeded', 'canceled', 'empty_answer', 'invalid_answer', 'internal']);

/** The failure of a call after all of Temporal's retries, as strategies see it. A time-out keeps the last attempt's own reason where there is one. */
export function toCallFailure(error: unknown): CallFailure {
  if (isCancellation(error)) return { code: 'canceled', message: 'The completion was canceled.' };
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return fromApplicationFailure(cause);
  if (cause instanceof TimeoutFailure) return fromTimeout(cause);
  return { code: 'internal', message: `The call failed: ${cause instanceof Error ? cause.message : String(cause)}` };
}

function fromApplicationFailure(failure: ApplicationFailure): CallFailure {
  const details: unknown = failure.details?.[0];
  const httpStatus = typeof details === 'object' && details !== null && 'httpStatus' in details && typeof details.httpStatus === 'number' ? details.httpStatus : undefined;
  return { code: isCode(failure.type) ? failure.type : 'internal', message: failure.message, ...(httpStatus === undefined ? {} : { httpStatus }) };
}

function fromTimeout(timeout: TimeoutFailure): CallFailure {
  if (timeout.cause instanceof ApplicationFailure) return fromApplicationFailure(timeout.cause);
  switch (timeout.timeoutType) {
    case 'SCHEDULE_TO_CLOSE':
    case 'SCHEDULE_TO_START':
      return { code: 'deadline_exceeded', message: 'The deadline passed before the call had an answer.' };
    case 'HEARTBEAT':
      return { code: 'timeout', message: 'The worker that made the call stopped answering.' };
    default:
      return { code: 'timeout', message: 'The call took longer than it may.' };
  }
}

function isCode(type: string | null | undefined): type is CallFailure['code'] {
  return typeof type === 'string' && knownCodes.has(type);
}
