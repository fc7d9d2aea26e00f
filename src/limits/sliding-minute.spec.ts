import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { SlidingMinute } from './sliding-minute.js';

const newMinute = () => new SlidingMinute(new RateLimiterMemory({ points: 1, duration: 120 }));
const limit = 10;

describe('a rolling minute', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 1_700_000_003_000 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('may be used up at once, and says when there is room again', async () => {
    const minute = newMinute();
    const taken = await Promise.all(Array.from({ length: limit + 2 }, () => minute.take('requests:a', 1, limit)));
    expect(taken.filter(({ ok }) => ok)).toHaveLength(limit);
    const refused = await minute.take('requests:a', 1, limit);
    if (refused.ok) throw new Error('There was room.');
    jest.advanceTimersByTime(refused.waitMs - 1);
    expect(await minute.take('requests:a', 1, limit)).toMatchObject({ ok: false });
    jest.advanceTimersByTime(1);
    expect(await minute.take('requests:a', 1, limit)).toMatchObject({ ok: true });
    expect(refused.waitMs).toBeLessThanOrEqual(70_000);
  });

  it('counts each key by itself, gives back what was not used, and takes no more than the whole limit for one call', async () => {
    const minute = newMinute();
    const all = await minute.take('tokens:a', 1_000, limit);
    expect(await minute.count('tokens:a')).toBe(limit);
    expect(await minute.take('tokens:b', 1, limit)).toMatchObject({ ok: true });
    expect(await minute.take('tokens:a', 1, limit)).toMatchObject({ ok: false });
    if (all.ok) await minute.correct(all.bucket, -7);
    expect(await minute.count('tokens:a')).toBe(3);
    expect(await minute.take('tokens:a', 7, limit)).toMatchObject({ ok: true });
    expect(await minute.take('tokens:a', 1, limit)).toMatchObject({ ok: false });
  });

  it('no 60 seconds ever hold more than the limit, whoever asks when, and somebody always gets through', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ gapMs: fc.integer({ min: 0, max: 15_000 }), amount: fc.integer({ min: 1, max: 4 }) }), { minLength: 5, maxLength: 60 }), async (asked) => {
        const minute = newMinute();
        const passed: { at: number; amount: number }[] = [];
        for (const { gapMs, amount } of asked) {
          jest.advanceTimersByTime(gapMs);
          if ((await minute.take('tokens:a', amount, limit)).ok) passed.push({ at: Date.now(), amount });
        }
        expect(passed.length).toBeGreaterThan(0);
        for (const { at } of passed) {
          const within = passed.filter((other) => other.at >= at && other.at < at + 60_000).reduce((sum, other) => sum + other.amount, 0);
          expect(within).toBeLessThanOrEqual(limit);
        }
      }),
      { numRuns: 60 },
    );
  });
});
