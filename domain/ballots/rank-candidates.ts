import type { VotingRule } from '../chat/plan.js';
import { pairwiseWins, winsOf } from './pairwise-wins.js';
import { copelandScores } from './rank-copeland.js';
import { seededHash } from './seeded-random.js';
import { votingRules } from './voting-rules.js';

export interface RankingQuestion {
  rule: VotingRule;
  /** Candidate indices, best first; already without what must not count. */
  ballots: readonly (readonly number[])[];
  /** One stable key per candidate: what the last tie-break hashes. */
  keys: readonly string[];
  seed: number;
}

/** All candidates, best first, and the rule's score in [0, 1] of each, by candidate index. */
export interface RankingResult {
  ranking: number[];
  scores: number[];
}

/**
 * Counts the ballots. Ties are broken by Copeland, then by the higher mean pairwise margin, then by the sha256 over seed and candidate key:
 * never by the order in which voters or candidates came, so equal ballots and seed give the same winner in any process.
 */
export function rankCandidates(question: RankingQuestion): RankingResult {
  const { rule, ballots, keys } = question;
  const scores = votingRules[rule](ballots, keys.length).map(steady);
  const breakTie = tieBreaker(question);
  const ranking = keys.map((_, candidate) => candidate).sort((left, right) => (scores[right] ?? 0) - (scores[left] ?? 0) || breakTie(left, right));
  return { ranking, scores };
}

/** Compares candidates that the rule holds equal. Nothing is computed before there is a tie. */
function tieBreaker({ ballots, keys, seed }: Omit<RankingQuestion, 'rule'>): (left: number, right: number) => number {
  let figures: number[][] | null = null;
  const hashOf = (candidate: number) => seededHash(seed, keys[candidate] ?? '');
  return (left, right) => {
    figures ??= [copelandScores(ballots, keys.length).map(steady), meanMargins(ballots, keys.length).map(steady)];
    for (const by of figures) {
      const difference = (by[right] ?? 0) - (by[left] ?? 0);
      if (difference !== 0) return difference;
    }
    return hashOf(left) < hashOf(right) ? -1 : 1;
  };
}

/** The mean over the others of (wins − losses) / ballots on the pair, in [−1, 1]. */
function meanMargins(ballots: readonly (readonly number[])[], candidates: number): number[] {
  const wins = pairwiseWins(ballots, candidates);
  return wins.map((_, candidate) => {
    let sum = 0;
    for (let other = 0; other < candidates; other += 1) {
      const won = winsOf(wins, candidate, other);
      const lost = winsOf(wins, other, candidate);
      if (won + lost > 0) sum += (won - lost) / (won + lost);
    }
    return candidates < 2 ? 0 : sum / (candidates - 1);
  });
}

/** Takes the last bits off a sum, which depend on the order of its terms. */
function steady(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}
