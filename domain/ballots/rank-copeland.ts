import { pairwiseWins, winsOf } from './pairwise-wins.js';

/** Copeland: the share of other candidates that a candidate beats in the pairwise count, a tie being half a win. */
export function copelandScores(ballots: readonly (readonly number[])[], candidates: number): number[] {
  const wins = pairwiseWins(ballots, candidates);
  return wins.map((_, candidate) => {
    if (candidates < 2) return 0.5;
    let points = 0;
    for (let other = 0; other < candidates; other += 1) {
      if (other === candidate) continue;
      const difference = winsOf(wins, candidate, other) - winsOf(wins, other, candidate);
      points += difference > 0 ? 1 : difference === 0 ? 0.5 : 0;
    }
    return points / (candidates - 1);
  });
}
