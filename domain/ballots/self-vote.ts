import type { SelfVote } from '../chat/plan.js';

/**
 * What of a reviewer's ranking counts: `include` all of it; `exclude` and `omit` without the reviewer's own answer, the rest moving up.
 * @example countedRanking({ ranking: [2, 0, 1], own: 0, selfVote: 'exclude' }) // [2, 1]
 */
export function countedRanking(input: { ranking: readonly number[]; own: number | null; selfVote: SelfVote }): number[] {
  const { ranking, own, selfVote } = input;
  return selfVote === 'include' || own === null ? [...ranking] : ranking.filter((candidate) => candidate !== own);
}

/**
 * The rule that applies to so many candidates. Without the own answer a ballot on two candidates would hold one name and say
 * nothing, so with two all answers are shown and counted.
 */
export function effectiveSelfVote(selfVote: SelfVote, candidates: number): SelfVote {
  return candidates <= 2 ? 'include' : selfVote;
}
