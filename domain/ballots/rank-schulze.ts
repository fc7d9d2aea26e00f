import { pairwiseWins, winsOf } from './pairwise-wins.js';

/**
 * Schulze (beatpath, margins): a candidate's score is the share of others that it beats by the stronger widest path, a tie being half.
 * M. Schulze, "A new monotonic, clone-independent, reversal symmetric, and Condorcet-consistent single-winner election method", 2011.
 */
export function schulzeScores(ballots: readonly (readonly number[])[], candidates: number): number[] {
  const strength = widestPaths(pairwiseWins(ballots, candidates), candidates);
  return strength.map((_, candidate) => {
    if (candidates < 2) return 0.5;
    let points = 0;
    for (let other = 0; other < candidates; other += 1) {
      if (other === candidate) continue;
      const difference = winsOf(strength, candidate, other) - winsOf(strength, other, candidate);
      points += difference > 0 ? 1 : difference === 0 ? 0.5 : 0;
    }
    return points / (candidates - 1);
  });
}

function widestPaths(wins: number[][], candidates: number): number[][] {
  const strength = wins.map((row, from) => row.map((count, to) => Math.max(0, count - winsOf(wins, to, from))));
  for (let through = 0; through < candidates; through += 1) {
    strength.forEach((row, from) => {
      row.forEach((direct, to) => {
        if (from === to || from === through || to === through) return;
        row[to] = Math.max(direct, Math.min(winsOf(strength, from, through), winsOf(strength, through, to)));
      });
    });
  }
  return strength;
}
