/** What went wrong with a request, told the same way on every endpoint; one filter gives it the endpoint's own shape. */
export interface ApiErrorFacts {
  status: number;
  /** Stable word for programs: `model_not_found`, `invalid_api_key`, `quorum_not_reached`, …; null where the status says it all. */
  code: string | null;
  /** What happened, to which value, and what to do. Never holds a key, a prompt or a stack. */
  message: string;
  /** Field of the request at fault, as a path: `messages.0.content`. */
  param?: string;
  /** Whether the official SDKs should try again; missing: they decide by the status. */
  shouldRetry?: boolean;
  /** Milliseconds to wait before trying again. */
  retryAfterMs?: number;
  /** The completion the error is about; it stays readable by this id. */
  completionId?: string;
  /** Further facts for the `conclave` object of the error's body. */
  details?: Record<string, unknown>;
  /** Further headers. */
  headers?: Record<string, string>;
}

/**
 * An error that the client is told about.
 * @example
 * throw new ApiError({ status: 401, code: 'invalid_api_key', message: "API key 'ck_12…' is unknown. Create one with \"conclave keys create\"." });
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly facts: ApiErrorFacts,
    cause?: unknown,
  ) {
    super(facts.message, { cause });
  }
}

/** A request that can't be taken as it is: `param` is the field at fault. */
export function badRequest(param: string, message: string, code: string | null = 'invalid_value'): ApiError {
  return new ApiError({ status: 400, code, message, param });
}

/** Postgres or Temporal is away: the official SDKs try again. */
export function unavailable(message: string, rest: { completionId?: string; retryAfterMs?: number; cause?: unknown } = {}): ApiError {
  const { cause, ...facts } = rest;
  return new ApiError({ status: 503, code: 'unavailable', message, shouldRetry: true, ...facts }, cause);
}
