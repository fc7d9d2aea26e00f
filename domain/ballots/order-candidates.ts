import type { CandidateOrder } from '../chat/plan.js';
import { seededRandom, shuffled } from './seeded-random.js';

/** Who reviews, as far as orders are concerned: `own` is the index of the reviewer's own answer if that is not to be shown, else null. */
export interface ReviewerSeat {
  own: number | null;
}

/**
 * The order in which each reviewer sees the candidates: one row of candidate indices per reviewer, own answers left out where asked.
 * `latin`: rows of a cyclic Latin square over a seeded permutation, a new permutation for every full square, so that each candidate stands
 * equally often in each place. A reviewer whose own answer is left out reads the circle from the place behind it, which keeps that property.
 * `fixed`: the candidates' own order for everybody.
 * @example orderCandidates({ seed: 1, candidates: 3, reviewers: [{ own: null }], order: 'fixed' }) // [[0, 1, 2]]
 */
export function orderCandidates(input: { seed: number; candidates: number; reviewers: ReviewerSeat[]; order: CandidateOrder }): number[][] {
  const { seed, candidates, reviewers, order } = input;
  const plain = Array.from({ length: candidates }, (_, index) => index);
  if (order === 'fixed') return reviewers.map((reviewer) => plain.filter((index) => index !== reviewer.own));
  return reviewers.map((reviewer, row) => {
    const square = candidates === 0 ? 0 : Math.floor(row / candidates);
    const circle = shuffled(plain, seededRandom(seed, `order/${square}`));
    const start = reviewer.own === null ? row % Math.max(1, candidates) : circle.indexOf(reviewer.own) + 1;
    return [...circle.slice(start), ...circle.slice(0, start)].filter((index) => index !== reviewer.own);
  });
}
