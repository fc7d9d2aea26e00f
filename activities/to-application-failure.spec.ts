import { describe, expect, it } from '@jest/globals';
import { failureCodes, isRetryable } from '../domain/failures/failure-code.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import { internalFailure, toApplicationFailure } from './to-application-failure.js';

const failure = (overrides: Partial<ConstructorParameters<typeof ProviderFailure>[0]>) =>
  new ProviderFailure({ code: 'rate_limit', provider: 'openai', model: 'gpt-4o', message: 'Too many requests.', ...overrides });

describe('toApplicationFailure', () => {
  it.each(failureCodes)('keeps the code %s as type, and retries what the one table says', (code) => {
    const application = toApplicationFailure(failure({ code }));
    expect(application.type).toBe(code);
    expect(application.nonRetryable).toBe(!isRetryable(code));
  });

  it('obeys Retry-After', () => {
    expect(toApplicationFailure(failure({ retryAfterMs: 1_700 })).nextRetryDelay).toBe(1_700);
  });

  it('tries again at once where the provider says so: a delay of 0 would be no attempt at all', () => {
    expect(toApplicationFailure(failure({ retryAfterMs: 0 })).nextRetryDelay).toBe(1);
  });

  it('ignores Retry-After of a permanent failure', () => {
    expect(toApplicationFailure(failure({ code: 'billing', retryAfterMs: 1_700 })).nextRetryDelay).toBeUndefined();
  });

  it('is retried when somebody else says, or not at all', () => {
    expect(toApplicationFailure(failure({ retryAfterMs: 1_700 }), 30_000)).toMatchObject({ nonRetryable: false, nextRetryDelay: 30_000 });
    expect(toApplicationFailure(failure({}), null)).toMatchObject({ type: 'rate_limit', nonRetryable: true });
  });

  it('carries the HTTP status for the workflow', () => {
    expect(toApplicationFailure(failure({ httpStatus: 429 })).details).toEqual([{ provider: 'openai', model: 'gpt-4o', httpStatus: 429 }]);
  });

  it('does not retry a bug', () => {
    expect(internalFailure(new TypeError('x is not a function'))).toMatchObject({ type: 'internal', nonRetryable: true, message: 'x is not a function' });
  });
});
