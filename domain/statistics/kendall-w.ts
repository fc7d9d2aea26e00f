/** Kendall's coefficient of concordance W of m complete rankings of n candidates, in [0, 1]: W = 12 Σ(Rⱼ − R̄)² / (m² (n³ − n)). */
export function kendallW(ballots: readonly (readonly number[])[], candidates: number): number {
  const mean = (ballots.length * (candidates + 1)) / 2;
  const squares = sum(rankSums(ballots, candidates).map((rankSum) => (rankSum - mean) ** 2));
  return (12 * squares) / (ballots.length ** 2 * (candidates ** 3 - candidates));
}

/**
 * Durbin–Kendall W for t ballots on t candidates, each without exactly one, every candidate left out once (everybody ranks the others):
 * k = t − 1 places a ballot, r = t − 1 appearances, λ = t − 2. 1 for unanimity. W = (12 ΣRⱼ² − 3 r² t (k + 1)²) / (λ² t (t² − 1)).
 */
export function durbinW(ballots: readonly (readonly number[])[], candidates: number): number {
  const [t, k, r, lambda] = [candidates, candidates - 1, candidates - 1, candidates - 2];
  const squares = sum(rankSums(ballots, candidates).map((rankSum) => rankSum ** 2));
  return (12 * squares - 3 * r ** 2 * t * (k + 1) ** 2) / (lambda ** 2 * t * (t ** 2 - 1));
}

/** For every candidate the sum of its places, from 1, over the ballots that hold it. */
function rankSums(ballots: readonly (readonly number[])[], candidates: number): number[] {
  const sums = new Array<number>(candidates).fill(0);
  for (const ballot of ballots) ballot.forEach((candidate, place) => (sums[candidate] = (sums[candidate] ?? 0) + place + 1));
  return sums;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
