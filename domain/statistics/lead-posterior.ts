/**
 * Probability that the leader is really ahead of the runner-up, given their votes: P(p > ½) for p ~ Beta(leader + 1, runnerUp + 1), which for
 * whole numbers is P(Binomial(leader + runnerUp + 1, ½) ≤ leader). Adaptive-Consistency (Aggarwal et al., 2023, arXiv 2305.11860).
 * @example leadPosterior(3, 0) // 0.9375
 */
export function leadPosterior(leader: number, runnerUp: number): number {
  const trials = leader + runnerUp + 1;
  let term = 0.5 ** trials;
  let sum = 0;
  for (let successes = 0; successes <= leader; successes += 1) {
    sum += term;
    term = (term * (trials - successes)) / (successes + 1);
  }
  return Math.min(1, sum);
}
