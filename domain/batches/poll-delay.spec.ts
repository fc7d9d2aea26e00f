import { describe, expect, it } from '@jest/globals';
import { pollDelayMs } from './poll-delay.js';

const options = { pollIntervalMs: 5_000, maxPollIntervalMs: 60_000 };

describe('pollDelayMs', () => {
  it.each([
    ['a new job', 0, 5_000],
    ['one of a hundred seconds', 100_000, 5_000],
    ['one of ten minutes', 600_000, 30_000],
    ['one of a day', 86_400_000, 60_000],
  ])('%s', (_case, ageMs, delayMs) => {
    expect(pollDelayMs(ageMs, options)).toBe(delayMs);
  });

  it('never falls below the interval asked for', () => {
    expect(pollDelayMs(86_400_000, { pollIntervalMs: 120_000, maxPollIntervalMs: 60_000 })).toBe(120_000);
  });
});
