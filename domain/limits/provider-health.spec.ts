import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { admission, afterEvent, healthy, spacingAt } from './provider-health.js';
import type { HealthEvent, HealthPolicy, ProviderHealth } from './provider-health.js';

const policy: HealthPolicy = {
  pause: { defaultMs: 1_000, longestMs: 30_000 },
  spacing: { firstMs: 100, slowDown: 2, speedUp: 0.9, longestMs: 5_000, forgetAfterMs: 300_000 },
  breaker: { failures: 3, spanMs: 1_000, openMs: 15_000, longestOpenMs: 50_000 },
  meaningfulTimeoutMs: 10_000,
};
const startAt = 1_000_000;
const after = (health: ProviderHealth, ...events: HealthEvent[]) => events.reduce((current, event) => afterEvent(current, event, policy), health);
const ended = (type: 'succeeded' | 'answered' | 'out_of_order' | 'abandoned', at: number, more: { startedAt?: number; probe?: boolean } = {}): HealthEvent => ({ type, at, startedAt: more.startedAt ?? at, probe: more.probe ?? false });
const refused = (at: number, retryAfterMs: number | null = null, startedAt = at): HealthEvent => ({ type: 'rate_limited', at, startedAt, probe: false, retryAfterMs });
const opened = after(healthy, ended('out_of_order', startAt), ended('out_of_order', startAt + 500), ended('out_of_order', startAt + 1_000));

describe('a provider that says 429', () => {
  it('is paused as long as it asks, for everybody at most half a minute', () => {
    expect(admission(after(healthy, refused(startAt, 7_000)), policy, startAt)).toEqual({ to: 'wait', untilAt: startAt + 7_000 });
    expect(admission(after(healthy, refused(startAt)), policy, startAt)).toEqual({ to: 'wait', untilAt: startAt + 1_000 });
    expect(admission(after(healthy, refused(startAt, 600_000)), policy, startAt)).toEqual({ to: 'wait', untilAt: startAt + 30_000 });
  });

  it('then gets one call at a time, and each turn is taken once', () => {
    const slowed = after(healthy, refused(startAt));
    const at = startAt + 1_000;
    expect(admission(slowed, policy, at)).toEqual({ to: 'turn' });
    const taken = after(slowed, { type: 'turn', at });
    expect(admission(taken, policy, at)).toEqual({ to: 'wait', untilAt: at + 100 });
    expect(after(taken, { type: 'turn', at: at + 99 })).toBe(taken);
  });

  it('is slowed down once by calls that were under way together, and twice by one that came later', () => {
    const once = after(healthy, refused(startAt), refused(startAt + 5, null, startAt - 10), refused(startAt + 9, 4_000, startAt - 10));
    expect(once).toMatchObject({ spacingMs: 100, pausedUntil: startAt + 4_009 });
    expect(after(once, refused(startAt + 6_000)).spacingMs).toBe(200);
  });

  it('is sped up again by successes that began after it, until nothing is left', () => {
    const slowed = after(healthy, refused(startAt));
    expect(after(slowed, ended('succeeded', startAt + 50, { startedAt: startAt - 1 }))).toBe(slowed);
    let health = slowed;
    const spacings = Array.from({ length: 7 }, () => (health = after(health, ended('succeeded', startAt + 2_000))).spacingMs);
    expect(spacings).toEqual([90, 81, 73, 66, 59, 53, 0]);
    expect(admission(health, policy, startAt + 2_000)).toEqual({ to: 'go' });
  });

  it('is forgiven after five minutes without a 429', () => {
    const slowed = after(healthy, refused(startAt), refused(startAt + 10_000));
    expect(spacingAt(slowed, policy, startAt + 309_999)).toBe(200);
    expect(admission(slowed, policy, startAt + 310_000)).toEqual({ to: 'go' });
    expect(after(slowed, refused(startAt + 310_000)).spacingMs).toBe(100);
  });
});

describe('the circuit breaker', () => {
  it('opens after so many failures in a row, and not within the first second', () => {
    const fast = after(healthy, ...Array.from({ length: 10 }, (_, index) => ended('out_of_order', startAt + index * 100)));
    expect(admission(fast, policy, startAt + 900)).toEqual({ to: 'go' });
    expect(admission(opened, policy, startAt + 1_000)).toEqual({ to: 'open', untilAt: startAt + 16_000 });
  });

  it.each(['succeeded', 'answered'] as const)('a call that %s in between starts the count anew', (type) => {
    const health = after(healthy, ended('out_of_order', startAt), ended('out_of_order', startAt + 600), ended(type, startAt + 700), ended('out_of_order', startAt + 1_200));
    expect(health).toMatchObject({ failures: 1, openUntil: 0 });
  });

  it('lets one probe through, which closes it by any answer, even a 429', () => {
    const at = startAt + 16_000;
    expect(admission(opened, policy, at)).toEqual({ to: 'probe' });
    const probed = after(opened, { type: 'probe', at, untilAt: at + 60_000 });
    expect(admission(probed, policy, at + 1)).toEqual({ to: 'open', untilAt: at + 60_000 });
    expect(after(probed, { type: 'probe', at: at + 1, untilAt: at + 70_000 })).toBe(probed);
    expect(after(probed, ended('succeeded', at + 500, { probe: true }))).toEqual(healthy);
    expect(admission(after(probed, { type: 'rate_limited', at: at + 500, startedAt: at, probe: true, retryAfterMs: null }), policy, at + 500).to).toBe('wait');
  });

  it('a probe that fails opens it for twice as long, up to its longest', () => {
    let health = opened;
    const opens = [1, 2, 3].map((round) => {
      const at = startAt + round * 100_000;
      health = after(health, { type: 'probe', at, untilAt: at + 60_000 }, ended('out_of_order', at + 10, { probe: true }));
      return health.openUntil - at - 10;
    });
    expect(opens).toEqual([30_000, 50_000, 50_000]);
  });

  it('a probe that was abandoned or died leaves its place to the next', () => {
    const at = startAt + 16_000;
    const probed = after(opened, { type: 'probe', at, untilAt: at + 60_000 });
    expect(admission(after(probed, ended('abandoned', at + 5, { probe: true })), policy, at + 5)).toEqual({ to: 'probe' });
    expect(admission(probed, policy, at + 60_000)).toEqual({ to: 'probe' });
  });

  it('calls that began before it opened neither close it nor keep it open longer', () => {
    for (const type of ['succeeded', 'answered', 'out_of_order'] as const) expect(after(opened, ended(type, startAt + 2_000, { startedAt: startAt }))).toBe(opened);
  });
});

const anyEvent = fc.record({ kind: fc.constantFrom('succeeded', 'answered', 'out_of_order', 'abandoned', 'rate_limited', 'turn', 'probe'), waitMs: fc.integer({ min: 0, max: 20_000 }), ageMs: fc.integer({ min: 0, max: 60_000 }), probe: fc.boolean() });

function history(steps: { kind: string; waitMs: number; ageMs: number; probe: boolean }[]): HealthEvent[] {
  let at = startAt;
  return steps.map(({ kind, waitMs, ageMs, probe }): HealthEvent => {
    at += waitMs;
    if (kind === 'turn') return { type: 'turn', at };
    if (kind === 'probe') return { type: 'probe', at, untilAt: at + ageMs };
    if (kind === 'rate_limited') return { type: 'rate_limited', at, startedAt: at - ageMs, probe, retryAfterMs: ageMs };
    return { type: kind as 'succeeded', at, startedAt: at - ageMs, probe };
  });
}

describe('whatever happens', () => {
  it('outages never slow a provider down, and only outages open its breaker', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (steps) => {
        let health = healthy;
        for (const event of history(steps)) {
          const next = afterEvent(health, event, policy);
          if (event.type === 'out_of_order') expect([next.spacingMs, next.pausedUntil, next.slowedAt]).toEqual([health.spacingMs, health.pausedUntil, health.slowedAt]);
          else expect(next.openUntil).toBeLessThanOrEqual(health.openUntil);
          health = next;
        }
      }),
    );
  });

  it('everything passes: half a minute, two minutes or a probe later somebody may call', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (steps) => {
        const events = history(steps);
        const health = after(healthy, ...events);
        const lastAt = events.at(-1)?.at ?? startAt;
        expect(['go', 'turn', 'probe']).toContain(admission(health, policy, lastAt + 60_000).to);
        expect(health.spacingMs).toBeLessThanOrEqual(policy.spacing.longestMs);
      }),
    );
  });

  it('two workers that claim the same turn or probe: one gets it', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), fc.constantFrom('turn', 'probe'), (steps, type) => {
        const events = history(steps);
        const at = (events.at(-1)?.at ?? startAt) + 30_000;
        const claim: HealthEvent = type === 'turn' ? { type: 'turn', at } : { type: 'probe', at, untilAt: at + 1_000 };
        const claimed = after(healthy, ...events, claim);
        expect(afterEvent(claimed, claim, policy)).toBe(claimed);
      }),
    );
  });
});
