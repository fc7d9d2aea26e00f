import type { BatchOptions } from './batch-options.js';

/** A job is looked at again after this share of its age: twenty looks per doubling of what a short job takes. */
const shareOfAge = 0.05;

/**
 * Milliseconds until a provider job of that age is looked at again: the batch's interval at first, then a twentieth of the age, up to the batch's longest.
 * @example pollDelayMs(10 * 60_000, { pollIntervalMs: 5_000, maxPollIntervalMs: 60_000 }) === 30_000
 */
export function pollDelayMs(ageMs: number, options: Pick<BatchOptions, 'pollIntervalMs' | 'maxPollIntervalMs'>): number {
  const longest = Math.max(options.pollIntervalMs, options.maxPollIntervalMs);
  return Math.round(Math.min(Math.max(options.pollIntervalMs, ageMs * shareOfAge), longest));
}
