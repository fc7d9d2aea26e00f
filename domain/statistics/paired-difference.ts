import { meanError, type MeanError } from './mean-error.js';

/** How two targets differ on the same items. */
export interface PairedDifference extends MeanError {
  items: number;
  /** Items that only the first, only the second got right. */
  onlyFirst: number;
  onlySecond: number;
  /** Two-sided, exact (McNemar 1947): how likely a split as uneven as this among the items on which they differ would be by chance; 1 where they differ on none. */
  p: number;
}

/** First minus second, item by item: scores in the same order, one per item both were asked. Pairing removes what items have in common, so differences show that unpaired errors hide. */
export function pairedDifference(first: readonly number[], second: readonly number[]): PairedDifference {
  const differences = first.map((score, index) => score - (second[index] ?? 0));
  const onlyFirst = differences.filter((difference) => difference > 0).length;
  const onlySecond = differences.filter((difference) => difference < 0).length;
  return { ...meanError(differences), items: differences.length, onlyFirst, onlySecond, p: exactMcNemar(onlyFirst, onlySecond) };
}

/** Two-sided exact binomial test of `left` against `right` at one half. Summed in logarithms, so any counts do. */
export function exactMcNemar(left: number, right: number): number {
  const trials = left + right;
  let logTerm = -trials * Math.LN2;
  let tail = 0;
  for (let successes = 0; successes <= Math.min(left, right); successes += 1) {
    tail += Math.exp(logTerm);
    logTerm += Math.log(trials - successes) - Math.log(successes + 1);
  }
  return Math.min(1, 2 * tail);
}
