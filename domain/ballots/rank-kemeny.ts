import { pairwiseWins, winsOf } from './pairwise-wins.js';
import { bordaScores } from './rank-borda.js';

/** Above so many candidates the exact search would be felt in a workflow task, and Borda's order stands in. */
const mostExactly = 12;

/**
 * Kemeny: candidates in the order that contradicts the fewest pairwise votes, found exactly by dynamic programming over subsets
 * (2ⁿ·n² steps, n ≤ 12; above that Borda). Where several orders are optimal, a candidate counts with the best place it has in any of
 * them, so that no enumeration order decides. The score is that place, scaled to [0, 1].
 */
export function kemenyScores(ballots: readonly (readonly number[])[], candidates: number): number[] {
  if (candidates < 2) return new Array<number>(candidates).fill(0.5);
  if (candidates > mostExactly) return bordaScores(ballots, candidates);
  const wins = pairwiseWins(ballots, candidates);
  const places = bestPlaces(cheapestCompletions(wins, candidates), wins, candidates);
  return places.map((place) => 1 - place / (candidates - 1));
}

/** For every set of already placed candidates, the fewest contradictions among the orders of the rest. */
function cheapestCompletions(wins: number[][], candidates: number): Float64Array {
  const all = (1 << candidates) - 1;
  const cheapest = new Float64Array(all + 1).fill(Infinity);
  cheapest[all] = 0;
  for (let placed = all - 1; placed >= 0; placed -= 1) {
    for (let next = 0; next < candidates; next += 1) {
      if (placed & (1 << next)) continue;
      const cost = contradictions(wins, placed, next, candidates) + (cheapest[placed | (1 << next)] ?? Infinity);
      if (cost < (cheapest[placed] ?? Infinity)) cheapest[placed] = cost;
    }
  }
  return cheapest;
}

/** Votes that say `next` stands below somebody who is not placed yet. */
function contradictions(wins: number[][], placed: number, next: number, candidates: number): number {
  let votes = 0;
  for (let other = 0; other < candidates; other += 1) {
    if (other !== next && !(placed & (1 << other))) votes += winsOf(wins, other, next);
  }
  return votes;
}

function bestPlaces(cheapest: Float64Array, wins: number[][], candidates: number): number[] {
  const places = new Array<number>(candidates).fill(candidates - 1);
  let frontier = new Set([0]);
  for (let place = 0; place < candidates; place += 1) {
    const reached = new Set<number>();
    for (const placed of frontier) {
      for (let next = 0; next < candidates; next += 1) {
        if (placed & (1 << next)) continue;
        const cost = contradictions(wins, placed, next, candidates) + (cheapest[placed | (1 << next)] ?? Infinity);
        if (cost !== cheapest[placed]) continue;
        places[next] = Math.min(places[next] ?? place, place);
        reached.add(placed | (1 << next));
      }
    }
    frontier = reached;
  }
  return places;
}
