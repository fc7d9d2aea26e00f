import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Caller } from './caller.js';

const windowSeconds = 60;

/** What became of a request against its caller's limit. */
export interface LimitResult {
  allowed: boolean;
  limit: number;
  remaining: number;
  resetMs: number;
}

/** Requests per minute of each key, counted in Postgres so that every api process shares them. */
@Injectable()
export class RequestLimitsService {
  private readonly limiters = new Map<number, RateLimiterAbstract>();

  constructor(@Inject(POSTGRES_POOL) private readonly pool: pg.Pool) {}

  /** Counts one request of a limited caller; null where it has no limit. While Postgres is away each process counts for itself. */
  async count(caller: Caller): Promise<LimitResult | null> {
    const limit = caller.requestsPerMinute;
    if (limit === null) return null;
    try {
      return result(true, limit, await this.limiterOf(limit).consume(caller.id));
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return result(false, limit, refused);
      throw refused;
    }
  }

  private limiterOf(limit: number): RateLimiterAbstract {
    const known = this.limiters.get(limit);
    if (known) return known;
    const limiter = new RateLimiterPostgres({
      storeClient: this.pool,
      storeType: 'pool',
      tableName: 'request_limits',
      tableCreated: true,
      keyPrefix: 'requests',
      points: limit,
      duration: windowSeconds,
      // A caller over its limit costs no statement until its minute is over.
      inMemoryBlockOnConsumed: limit + 1,
      insuranceLimiter: new RateLimiterMemory({ points: limit, duration: windowSeconds, keyPrefix: 'requests' }),
    });
    this.limiters.set(limit, limiter);
    return limiter;
  }
}

function result(allowed: boolean, limit: number, counted: RateLimiterRes): LimitResult {
  return { allowed, limit, remaining: counted.remainingPoints, resetMs: Math.max(0, counted.msBeforeNext) };
}
