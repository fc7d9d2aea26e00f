/**
 * Borda: on a ballot of k answers the best gets 1, the last 0, in equal steps; a candidate's score is the mean over the ballots on which it
 * stands. The mean makes ballots without one's own answer fair: nobody loses for being on fewer ballots. 0.5 where nothing was said.
 */
export function bordaScores(ballots: readonly (readonly number[])[], candidates: number): number[] {
  const points = new Array<number>(candidates).fill(0);
  const appearances = new Array<number>(candidates).fill(0);
  for (const ballot of ballots) {
    if (ballot.length < 2) continue;
    ballot.forEach((candidate, place) => {
      points[candidate] = (points[candidate] ?? 0) + (ballot.length - 1 - place) / (ballot.length - 1);
      appearances[candidate] = (appearances[candidate] ?? 0) + 1;
    });
  }
  return points.map((sum, candidate) => (appearances[candidate] ? sum / appearances[candidate] : 0.5));
}
