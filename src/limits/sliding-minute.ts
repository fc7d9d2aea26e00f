import type { RateLimiterAbstract } from 'rate-limiter-flexible';

const bucketMs = 10_000;
const bucketsOfAMinute = 6;
/** A bucket that ended this long ago gets nothing more from a worker whose statement or clock is late. */
const settledAfterMs = 1_000;

/** What became of asking for a place: what it counted in, to give back what it did not use; or how long until there may be one. */
export type Taken = { ok: true; bucket: string } | { ok: false; waitMs: number };

/**
 * Counts of a rolling minute in buckets of ten seconds, which a limiter keeps. The bucket that runs and the six before it together never pass the limit, so no 60 seconds do; all of it may
 * be used at once. Earlier buckets change no more and are read once.
 */
export class SlidingMinute {
  private readonly earlier = new Map<string, Map<number, number>>();

  constructor(private readonly limiter: RateLimiterAbstract) {}

  /** Counts `amount`, at most the whole limit, unless that would pass the limit. */
  async take(key: string, amount: number, limit: number): Promise<Taken> {
    const now = Date.now();
    const bucket = Math.floor(now / bucketMs);
    const counts = await this.earlierCounts(key, bucket, now);
    const wanted = Math.min(amount, limit);
    const name = bucketName(key, bucket);
    const counted = (await this.limiter.penalty(name, wanted)).consumedPoints;
    if (sum(counts) + counted <= limit) return { ok: true, bucket: name };
    // Others who were refused at the same moment may have been counted with us; what is left now is nearer to the truth.
    const current = (await this.limiter.reward(name, wanted)).consumedPoints;
    return { ok: false, waitMs: Math.max(0, roomAt([...counts, current], limit - wanted, bucket) - now) };
  }

  /** Corrects what was counted in a bucket. */
  async correct(bucket: string, difference: number): Promise<void> {
    if (difference > 0) await this.limiter.penalty(bucket, difference);
    if (difference < 0) await this.limiter.reward(bucket, -difference);
  }

  /** Counted in the last minute, and up to ten seconds more. */
  async count(key: string): Promise<number> {
    const now = Date.now();
    const bucket = Math.floor(now / bucketMs);
    const [counts, current] = await Promise.all([this.earlierCounts(key, bucket, now), this.read(key, bucket)]);
    return Math.max(0, sum(counts) + current);
  }

  // Of the six buckets before, oldest first.
  private async earlierCounts(key: string, bucket: number, now: number): Promise<number[]> {
    const known = this.earlier.get(key) ?? new Map<number, number>();
    this.earlier.set(key, known);
    for (const index of known.keys()) if (index < bucket - bucketsOfAMinute) known.delete(index);
    const indexes = Array.from({ length: bucketsOfAMinute }, (_, index) => bucket - bucketsOfAMinute + index);
    return Promise.all(
      indexes.map(async (index) => {
        const count = known.get(index) ?? (await this.read(key, index));
        if (now >= (index + 1) * bucketMs + settledAfterMs) known.set(index, count);
        return count;
      }),
    );
  }

  private async read(key: string, bucket: number): Promise<number> {
    return (await this.limiter.get(bucketName(key, bucket)))?.consumedPoints ?? 0;
  }
}

// Milliseconds since the epoch at which so much of the counts, oldest first, has left the minute that the rest is at most `room`; 0: it is already.
function roomAt(counts: number[], room: number, bucket: number): number {
  const leaving = [...counts.keys(), counts.length].find((index) => sum(counts.slice(index)) <= room) ?? counts.length;
  return leaving === 0 ? 0 : (bucket + leaving) * bucketMs;
}

function bucketName(key: string, bucket: number): string {
  return `${key}:${String(bucket)}`;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
