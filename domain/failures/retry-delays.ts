import { isRetryable } from './failure-code.js';
import type { FailureCode } from './failure-code.js';

/** How often and after which waits something unattended is tried again: a call of a batch or a run, a request about a provider job. */
export interface RetryKnobs {
  /** Attempts altogether, the first included. Rate limits have their own count, `rateLimitDelaysMs`. */
  maxAttempts: number;
  initialDelayMs: number;
  /** Each wait is the one before times this, up to an hour. */
  backoffMultiplier: number;
  /** Waits after the first, second, … rate limit in a row; after the last of them the job pauses itself. Missing: `rateLimitDelaysMs`. */
  rateLimitDelaysMs?: readonly number[];
}

/** Waits of 30, 60 and 120 seconds: providers' troubles last minutes, and nobody sits waiting. */
export const unattendedRetries = { maxAttempts: 4, initialDelayMs: 30_000, backoffMultiplier: 2 } as const satisfies RetryKnobs;

/** Waits between rate limits in a row. Thirteen and a half minutes of refusals are no burst any more: more asking would not help. */
export const rateLimitDelaysMs: readonly number[] = [30_000, 60_000, 120_000, 300_000, 300_000];

/** How long a job that paused itself stays so, the first time and at most. */
export interface PauseKnobs {
  initialMs: number;
  maximumMs: number;
}

/** Five minutes, doubling up to an hour: quotas come back by the minute, by the hour or at midnight. */
export const unattendedPauses = { initialMs: 300_000, maximumMs: 3_600_000 } as const satisfies PauseKnobs;

const longestDelayMs = 3_600_000;

/**
 * Milliseconds to wait before the next attempt; null: there is none. `attempt` counts the failed attempts so far, from 1, except for `rate_limit`, where it counts the rate
 * limits in a row; null then means that the job pauses itself (`pauseDelayMs`) instead of failing. What never passes by waiting (`auth`, `bad_request`, …) is null at once.
 *
 * A provider's own wait comes first. From its second refusal in a row on it is no longer believed where it is shorter than ours.
 * @example retryDelayMs('server_error', 2, unattendedRetries) === 60_000
 * @example retryDelayMs('rate_limit', 6, unattendedRetries) === null
 */
export function retryDelayMs(code: FailureCode, attempt: number, knobs: RetryKnobs, retryAfterMs?: number): number | null {
  if (!isRetryable(code)) return null;
  const ownMs = code === 'rate_limit' ? (knobs.rateLimitDelaysMs ?? rateLimitDelaysMs)[attempt - 1] : backoffMs(attempt, knobs);
  if (ownMs === undefined) return null;
  if (retryAfterMs === undefined) return ownMs;
  return attempt === 1 ? retryAfterMs : Math.max(retryAfterMs, ownMs);
}

/**
 * Milliseconds until a job that paused itself for rate limits resumes by itself; `pausesInARow` from 1, counted since its last success.
 * @example pauseDelayMs(2) === 600_000
 */
export function pauseDelayMs(pausesInARow: number, knobs: PauseKnobs = unattendedPauses): number {
  return Math.min(knobs.initialMs * 2 ** (pausesInARow - 1), knobs.maximumMs);
}

function backoffMs(attempt: number, knobs: RetryKnobs): number | undefined {
  return attempt >= knobs.maxAttempts ? undefined : Math.min(knobs.initialDelayMs * knobs.backoffMultiplier ** (attempt - 1), longestDelayMs);
}
