import { describe, expect, it } from '@jest/globals';
import { failureCodes } from '../../domain/failures/failure-code.js';
import type { FailureCode } from '../../domain/failures/failure-code.js';
import { ProviderFailure } from '../providers/provider-failure.js';
import { healthEventOf } from './health-event-of.js';

const failed = (code: FailureCode, more: { httpStatus?: number; timeoutMs?: number; aborted?: boolean; retryAfterMs?: number } = {}) =>
  healthEventOf({ ok: false, error: new ProviderFailure({ code, provider: 'p', model: 'm', message: code, ...more }), aborted: more.aborted ?? false }, { startedAt: 1, probe: false, timeoutMs: more.timeoutMs ?? 60_000 }, 2, 10_000);

describe('what the end of a call tells about its provider', () => {
  it.each(failureCodes)('%s, as the provider said it', (code) => {
    const outages: FailureCode[] = ['network', 'timeout', 'server_error', 'overloaded'];
    const expected = code === 'rate_limit' ? 'rate_limited' : outages.includes(code) ? 'out_of_order' : 'answered';
    expect(failed(code, { httpStatus: 500 }).type).toBe(expected);
  });

  it('a time-out of ours counts only where the call had time, and a refusal of ours never', () => {
    expect(failed('timeout').type).toBe('out_of_order');
    expect(failed('timeout', { timeoutMs: 9_999 }).type).toBe('abandoned');
    expect(failed('auth').type).toBe('abandoned');
  });

  it('what nobody waited for any more, and what went wrong here, tells nothing', () => {
    expect(failed('server_error', { httpStatus: 500, aborted: true }).type).toBe('abandoned');
    expect(healthEventOf({ ok: false, error: new TypeError('a bug'), aborted: false }, { startedAt: 1, probe: true, timeoutMs: 60_000 }, 2, 10_000)).toMatchObject({ type: 'abandoned', probe: true });
  });

  it('a 429 carries its wait', () => {
    expect(failed('rate_limit', { retryAfterMs: 5 })).toMatchObject({ retryAfterMs: 5 });
    expect(failed('rate_limit')).toMatchObject({ retryAfterMs: null });
  });
});
