import type { CallFailure } from '../failures/failure-code.js';
import { isRetryable } from '../failures/failure-code.js';
import type { FailureCode } from '../failures/failure-code.js';
import type { BatchOptions } from './batch-options.js';

/** How a provider job ended, as its lines without answer see it. `stuck`: it grew too old or expired; `canceled`: with its batch. */
export type JobEnd = 'completed' | 'failed' | 'stuck' | 'canceled';

/** What becomes of lines that got no answer. With `again`, those that have attempts left wait once more, the others fail with `failure`; `realtime` lines wait whatever they had. */
export interface RestRule {
  again: boolean;
  realtime: boolean;
  canceled: boolean;
  failure: CallFailure;
}

/** What becomes of the lines of a job for which the provider gave no row. `error` is the provider's reason for the whole job. */
export function restOfJob(end: JobEnd, options: Pick<BatchOptions, 'onStuck'>, error: string | null): RestRule {
  switch (end) {
    case 'canceled':
      return { again: false, realtime: false, canceled: true, failure: { code: 'canceled', message: 'The batch was canceled before this line had an answer.' } };
    case 'stuck':
      return { again: options.onStuck !== 'fail', realtime: options.onStuck === 'realtime', canceled: false, failure: { code: 'deadline_exceeded', message: error ?? 'The provider did not answer this line within the maximum age of its job.' } };
    case 'failed':
      return { again: true, realtime: false, canceled: false, failure: { code: 'server_error', message: error ?? 'The provider failed the job without saying why.' } };
    case 'completed':
      return { again: true, realtime: false, canceled: false, failure: { code: 'server_error', message: "The provider's results have no row for this line." } };
    default: {
      const never: never = end;
      return never;
    }
  }
}

/** What becomes of a line that the provider answered with a failure. */
export function failedLine(code: FailureCode, attempt: number, end: JobEnd, options: Pick<BatchOptions, 'onStuck' | 'maxAttempts'>): { status: 'waiting' | 'failed' | 'canceled'; realtime: boolean } {
  if (!isRetryable(code)) return { status: 'failed', realtime: false };
  if (end === 'canceled') return { status: 'canceled', realtime: false };
  if (end === 'stuck' && options.onStuck === 'realtime') return { status: 'waiting', realtime: true };
  if (end === 'stuck' && options.onStuck === 'fail') return { status: 'failed', realtime: false };
  return { status: attempt < options.maxAttempts ? 'waiting' : 'failed', realtime: false };
}

/** A job's failure as a whole that is no fault of its lines, by the provider's own words: it must not cost them an attempt, and the batch pauses for it. Null: it is not of that kind. */
export function accountTrouble(error: string | null): 'rate_limit' | 'billing' | null {
  if (error === null) return null;
  if (/billing|insufficient[_ ]quota|credit balance/i.test(error)) return 'billing';
  return /token[_ ]limit[_ ]exceeded|enqueued token|rate[_ ]limit/i.test(error) ? 'rate_limit' : null;
}
