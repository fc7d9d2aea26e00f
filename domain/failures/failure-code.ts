/** Every kind of provider trouble. The first five pass and are retried; the others never change by trying again. */
export const failureCodes = [
  'rate_limit',
  'overloaded',
  'timeout',
  'network',
  'server_error',
  'auth',
  'billing',
  'bad_request',
  'not_found',
  'unsupported_parameter',
  'content_filter',
  'context_length',
] as const;
export type FailureCode = (typeof failureCodes)[number];

const retryable: Record<FailureCode, boolean> = {
  rate_limit: true,
  overloaded: true,
  timeout: true,
  network: true,
  server_error: true,
  auth: false,
  billing: false,
  bad_request: false,
  not_found: false,
  unsupported_parameter: false,
  content_filter: false,
  context_length: false,
};

/** Whether the same call may succeed when made again. The only place that decides it. */
export function isRetryable(code: FailureCode): boolean {
  return retryable[code];
}

/**
 * Why a call gave no usable answer, as strategies, records and errors carry it. `message` never contains a key or a prompt.
 * `invalid_answer`: it answered, but not in the form asked for (an unreadable ballot, JSON that misses its schema).
 */
export interface CallFailure {
  code: FailureCode | 'deadline_exceeded' | 'canceled' | 'empty_answer' | 'invalid_answer' | 'internal';
  message: string;
  httpStatus?: number;
}
