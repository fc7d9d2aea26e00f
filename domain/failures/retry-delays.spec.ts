import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { failureCodes, isRetryable } from './failure-code.js';
import { pauseDelayMs, retryDelayMs, unattendedRetries } from './retry-delays.js';

const waits = (code: (typeof failureCodes)[number], count: number, retryAfterMs?: number) =>
  Array.from({ length: count }, (_, index) => retryDelayMs(code, index + 1, unattendedRetries, retryAfterMs));

describe('when something unattended is tried again', () => {
  it.each(['server_error', 'overloaded', 'network', 'timeout'] as const)('%s: after 30, 60 and 120 seconds, then no more', (code) => {
    expect(waits(code, 5)).toEqual([30_000, 60_000, 120_000, null, null]);
  });

  it.each(failureCodes.filter((code) => !isRetryable(code)))('%s: never, not even where the provider names a wait', (code) => {
    expect(retryDelayMs(code, 1, unattendedRetries, 1_000)).toBeNull();
  });

  it('rate limits: after 30, 60, 120, 300 and 300 seconds, then the job pauses, whatever max_attempts says', () => {
    expect(waits('rate_limit', 6)).toEqual([30_000, 60_000, 120_000, 300_000, 300_000, null]);
    expect(retryDelayMs('rate_limit', 5, { ...unattendedRetries, maxAttempts: 1 })).toBe(300_000);
  });

  it("the provider's wait comes first, and is believed once", () => {
    expect(waits('rate_limit', 2, 2_000)).toEqual([2_000, 60_000]);
    expect(waits('rate_limit', 2, 90_000)).toEqual([90_000, 90_000]);
    expect(retryDelayMs('overloaded', 1, unattendedRetries, 500)).toBe(500);
  });

  it('follows its knobs', () => {
    const knobs = { maxAttempts: 3, initialDelayMs: 10, backoffMultiplier: 3, rateLimitDelaysMs: [5] };
    expect([1, 2, 3].map((attempt) => retryDelayMs('network', attempt, knobs))).toEqual([10, 30, null]);
    expect([1, 2].map((attempt) => retryDelayMs('rate_limit', attempt, knobs))).toEqual([5, null]);
  });

  it('no wait is longer than an hour unless the provider asks for it, and none shrinks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.double({ min: 1, max: 10, noNaN: true }), fc.integer({ min: 1, max: 1e6 }), (attempt, backoffMultiplier, initialDelayMs) => {
        const knobs = { maxAttempts: 1_000, initialDelayMs, backoffMultiplier };
        const wait = retryDelayMs('network', attempt, knobs) ?? Number.NaN;
        expect(wait).toBeLessThanOrEqual(3_600_000);
        expect(retryDelayMs('network', attempt + 1, knobs)).toBeGreaterThanOrEqual(wait);
      }),
    );
  });
});

describe('how long a job pauses itself', () => {
  it('five minutes, doubling up to an hour', () => {
    expect([1, 2, 3, 4, 5, 50].map((pauses) => pauseDelayMs(pauses))).toEqual([300_000, 600_000, 1_200_000, 2_400_000, 3_600_000, 3_600_000]);
    expect(pauseDelayMs(3, { initialMs: 10, maximumMs: 25 })).toBe(25);
  });
});
