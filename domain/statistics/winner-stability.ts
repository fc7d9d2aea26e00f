/** How firmly a winner stands: both in [0, 1], null with fewer than two ballots. */
export interface WinnerStability {
  /** Share of bootstrap resamples of the voters with the same winner. */
  bootstrap: number | null;
  /** Share of voters whose absence alone would not change the winner. */
  leaveOneOut: number | null;
}

/**
 * Recounts with resampled and with left-out voters. `winnerOf` counts ballots, `random` is seeded, so the figure is the same in any process.
 */
export function winnerStability<Ballot>(input: {
  ballots: readonly Ballot[];
  winner: number;
  winnerOf: (ballots: readonly Ballot[]) => number | undefined;
  random: () => number;
  resamples: number;
}): WinnerStability {
  const { ballots, winner, winnerOf, random, resamples } = input;
  if (ballots.length < 2) return { bootstrap: null, leaveOneOut: null };
  const stays = (sample: readonly Ballot[]) => winnerOf(sample) === winner;
  const drawn = Array.from({ length: resamples }, () => ballots.map(() => ballots[Math.floor(random() * ballots.length)] as Ballot)); // the index is inside
  const without = ballots.map((_, left) => ballots.filter((__, index) => index !== left));
  return {
    bootstrap: resamples === 0 ? null : drawn.filter(stays).length / resamples,
    leaveOneOut: without.filter(stays).length / without.length,
  };
}
