import type { HealthPolicy } from '../../domain/limits/provider-health.js';
import type { PolicyName } from './policy-name.js';

/** How long calls wait for a place at a provider, and when a provider counts as slowed down or out of order; milliseconds throughout. */
export interface GatePolicy {
  health: HealthPolicy;
  /** Part of an interactive call's time that may pass before it is sent. */
  interactivePatience: number;
  /** Of calls of batches and runs, and of requests about batch jobs. */
  unattendedPatienceMs: { call: number; batch: number };
}

const interactive: GatePolicy = {
  health: {
    // A provider without Retry-After usually counts by the second or the minute; a second lets the burst pass. Some ask for ten minutes because of one model's daily quota:
    // that holds for the call that was refused, everybody else asks again after half a minute.
    pause: { defaultMs: 1_000, longestMs: 30_000 },
    // 10 calls a second after the first 429, half as many after each further one, down to one in five seconds; a tenth more with each success. Quotas of minutes are back
    // after five of them.
    spacing: { firstMs: 100, slowDown: 2, speedUp: 0.9, longestMs: 5_000, forgetAfterMs: 300_000 },
    // A panel of 3 on one provider fails 9 times in a row in a second with its retries: that is no outage yet. 20 over 10 seconds without a single answer is.
    // 15 s is longer than most hiccups of a gateway, 2 minutes as long as anybody wants to wait for a provider that is back.
    breaker: { failures: 20, spanMs: 10_000, openMs: 15_000, longestOpenMs: 120_000 },
    // Clients may set deadlines of milliseconds; that such a call runs out of time says nothing.
    meaningfulTimeoutMs: 10_000,
  },
  // The other half is for the answer.
  interactivePatience: 0.5,
  // A limit of one's own makes no call of a batch fail or pause it: 16 calls that wait for 2 places a minute take 8 minutes, an hour is enough for any. A request about a job only waits
  // for pauses of half a minute and turns of five seconds, within an activity of ten minutes.
  unattendedPatienceMs: { call: 3_600_000, batch: 300_000 },
};

/** The named policies. `test` has shorter pauses, and the same numbers of failures. */
export const gatePolicies: Record<PolicyName, GatePolicy> = {
  interactive,
  test: {
    ...interactive,
    health: { ...interactive.health, pause: { defaultMs: 200, longestMs: 30_000 }, breaker: { ...interactive.health.breaker, openMs: 1_000, longestOpenMs: 2_000 } },
    unattendedPatienceMs: { call: 60_000, batch: 20_000 },
  },
};
