import { durbinW, kendallW } from '../statistics/kendall-w.js';
import { byAnswer } from './equal-answers.js';

/**
 * How much rankings agree, in [0, 1]: 1 exactly when all voters say the same. Kendall's W where all ballots hold all candidates, the
 * Durbin–Kendall W where every voter left out its own and nobody else's, and otherwise W's form by mean pairwise Spearman correlation
 * over common candidates, W = ((m − 1) ρ̄ + 1) / m. Null below two ballots that say something.
 */
export function rankingAgreement(ballots: readonly (readonly number[])[], candidates: number): number | null {
  const telling = ballots.filter((ballot) => ballot.length >= 2);
  if (telling.length < 2 || candidates < 2) return null;
  if (telling.every((ballot) => ballot.length === candidates)) return bounded(kendallW(telling, candidates));
  if (candidates >= 3 && isEveryoneOnTheOthers(telling, candidates)) return bounded(durbinW(telling, candidates));
  const correlations = telling.flatMap((ballot, index) => telling.slice(index + 1).map((other) => spearman(ballot, other)));
  const known = correlations.filter((correlation) => correlation !== null);
  if (known.length === 0) return null;
  const mean = known.reduce((total, correlation) => total + correlation, 0) / known.length;
  return bounded(((telling.length - 1) * mean + 1) / telling.length);
}

/**
 * `rankingAgreement` about answers instead of candidates: who is ranked first among equal answers is chance, and no disagreement. `answers` has
 * one number per candidate, equal for equal answers (`equalAnswers`). 1 if all candidates give the same answer.
 */
export function answerRankingAgreement(ballots: readonly (readonly number[])[], answers: readonly number[]): number | null {
  const different = new Set(answers).size;
  if (different === answers.length) return rankingAgreement(ballots, different);
  return different === 1 ? 1 : rankingAgreement(byAnswer(ballots, answers), different);
}

/**
 * How much approval ballots agree, in [0, 1]: for each candidate the share of voter pairs with the same verdict, averaged. 1 exactly for
 * unanimity, whichever way. Null where no candidate was judged twice.
 */
export function approvalAgreement(ballots: readonly { accepted: readonly (boolean | undefined)[] }[], candidates: number): number | null {
  const shares: number[] = [];
  for (let candidate = 0; candidate < candidates; candidate += 1) {
    const verdicts = ballots.map((ballot) => ballot.accepted[candidate]).filter((verdict) => verdict !== undefined);
    const yes = verdicts.filter(Boolean).length;
    const pairs = pairsOf(verdicts.length);
    if (pairs > 0) shares.push((pairsOf(yes) + pairsOf(verdicts.length - yes)) / pairs);
  }
  return shares.length === 0 ? null : bounded(shares.reduce((total, share) => total + share, 0) / shares.length);
}

function isEveryoneOnTheOthers(ballots: readonly (readonly number[])[], candidates: number): boolean {
  if (ballots.length !== candidates || ballots.some((ballot) => ballot.length !== candidates - 1)) return false;
  const appearances = new Array<number>(candidates).fill(0);
  for (const candidate of ballots.flat()) appearances[candidate] = (appearances[candidate] ?? 0) + 1;
  return appearances.every((count) => count === candidates - 1);
}

/** Spearman's ρ over the common candidates, ranked anew among themselves. */
function spearman(left: readonly number[], right: readonly number[]): number | null {
  const inLeft = left.filter((candidate) => right.includes(candidate));
  const inRight = right.filter((candidate) => left.includes(candidate));
  const size = inLeft.length;
  if (size < 2) return null;
  const squares = inLeft.reduce((total, candidate, place) => total + (place - inRight.indexOf(candidate)) ** 2, 0);
  return 1 - (6 * squares) / (size * (size ** 2 - 1));
}

function pairsOf(count: number): number {
  return (count * (count - 1)) / 2;
}

function bounded(value: number): number {
  return Math.min(1, Math.max(0, Math.round(value * 1e9) / 1e9));
}
