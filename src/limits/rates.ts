import type pg from 'pg';
import { RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Insurance } from './insurance.js';
import { SlidingMinute } from './sliding-minute.js';
import type { Taken } from './sliding-minute.js';

/** Longer than any bucket is looked at. */
const keepSeconds = 120;
const sharedOptions = { points: 1, duration: keepSeconds, keyPrefix: 'provider' };

/** What was taken; `correct` says what it came to in the end, such as 0 when it was not used after all. */
export type RateTaken = { ok: true; correct(amount: number): void } | { ok: false; waitMs: number };

/** Requests and tokens per minute, counted by rate-limiter-flexible in Postgres for all workers; in this process while Postgres is away. */
export class Rates {
  private readonly shared: SlidingMinute;
  private readonly alone = new SlidingMinute(new RateLimiterMemory(sharedOptions));

  constructor(
    pool: pg.Pool,
    private readonly insurance: Insurance,
  ) {
    this.shared = new SlidingMinute(new RateLimiterPostgres({ ...sharedOptions, storeClient: pool, storeType: 'pool', tableName: 'provider_rates', tableCreated: true }));
  }

  /** Counts `amount` of what `key` limits, such as `requests:openai`, unless the minute has no room for it. */
  async take(key: string, amount: number, limit: number): Promise<RateTaken> {
    const of = (minute: SlidingMinute) => async (): Promise<RateTaken> => correctable(minute, await minute.take(key, amount, limit), Math.min(amount, limit));
    return this.insurance.run(of(this.shared), of(this.alone), (late) => {
      if (late.ok) late.correct(0);
    });
  }

  /** Counted in the last minute over all workers. */
  count(key: string): Promise<number> {
    return this.shared.count(key);
  }
}

function correctable(minute: SlidingMinute, taken: Taken, counted: number): RateTaken {
  if (!taken.ok) return taken;
  const correct = (used: number): void => {
    // A counter that stays too high is right again after a minute.
    if (used !== counted) minute.correct(taken.bucket, used - counted).catch(() => undefined);
  };
  return { ok: true, correct };
}
