/** `wins[a][b]`: on how many ballots a stands above b. A ballot that lacks either says nothing about the pair. */
export function pairwiseWins(ballots: readonly (readonly number[])[], candidates: number): number[][] {
  const wins = Array.from({ length: candidates }, () => new Array<number>(candidates).fill(0));
  for (const ballot of ballots) {
    for (let better = 0; better < ballot.length; better += 1) {
      for (let worse = better + 1; worse < ballot.length; worse += 1) {
        const row = wins[ballot[better] ?? -1];
        const column = ballot[worse] ?? -1;
        if (row?.[column] !== undefined) row[column] += 1;
      }
    }
  }
  return wins;
}

/** Reads one cell; 0 outside. */
export function winsOf(wins: readonly (readonly number[])[], better: number, worse: number): number {
  return wins[better]?.[worse] ?? 0;
}
