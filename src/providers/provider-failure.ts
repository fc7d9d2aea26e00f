import type { FailureCode } from '../../domain/failures/failure-code.js';

/** The one error class for provider trouble. `message` is safe to store and show: no key, no prompt. */
export class ProviderFailure extends Error {
  override readonly name = 'ProviderFailure';
  readonly code: FailureCode;
  readonly provider: string;
  readonly model: string;
  readonly httpStatus?: number;
  /** Milliseconds the provider asked to wait (Retry-After). */
  readonly retryAfterMs?: number;

  constructor(failure: { code: FailureCode; provider: string; model: string; message: string; httpStatus?: number; retryAfterMs?: number; cause?: unknown }) {
    super(failure.message, { cause: failure.cause });
    this.code = failure.code;
    this.provider = failure.provider;
    this.model = failure.model;
    this.httpStatus = failure.httpStatus;
    this.retryAfterMs = failure.retryAfterMs;
  }
}
