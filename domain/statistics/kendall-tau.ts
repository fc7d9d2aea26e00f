/**
 * Kendall's τ-b between two rankings (candidate indices, best first) over the candidates that both hold, in [−1, 1]; null with fewer than
 * two in common. Rankings hold no ties, so τ-b equals τ-a here.
 */
export function kendallTau(left: readonly number[], right: readonly number[]): number | null {
  const places = new Map(right.map((candidate, place) => [candidate, place]));
  const common = left.map((candidate) => places.get(candidate)).filter((place) => place !== undefined);
  const pairs = (common.length * (common.length - 1)) / 2;
  if (pairs === 0) return null;
  let concordant = 0;
  common.forEach((place, index) => {
    concordant += common.slice(index + 1).filter((later) => later > place).length;
  });
  return (2 * concordant) / pairs - 1;
}

/** τ-b of each pair of voters, by voter index. */
export function kendallTauPairs(ballots: readonly (readonly number[])[]): { left: number; right: number; tau: number }[] {
  return ballots.flatMap((ballot, left) =>
    ballots.slice(left + 1).flatMap((other, distance) => {
      const tau = kendallTau(ballot, other);
      return tau === null ? [] : [{ left, right: left + 1 + distance, tau }];
    }),
  );
}
