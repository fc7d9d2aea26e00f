import { leadPosterior } from '../statistics/lead-posterior.js';
import { seededHash } from './seeded-random.js';

/** How equal counts are broken: by the seeded hash of the value, or by whose answer stands first in a given order of voters. */
export type PluralityTie = { by: 'seed'; seed: number } | { by: 'order'; order: readonly number[] };

/** Equal answers and who gave them (voter indices, ascending). */
export interface AnswerGroup {
  value: string;
  voters: number[];
}

/** Fewest votes before a posterior may end the asking: one vote alone always agrees with itself. */
const fewestVotes = 2;

/**
 * Groups equal answers, the largest group first. A voter without an answer (null) has no vote.
 * @example plurality(['4', '5', '4'], { by: 'seed', seed: 1 })[0] // { value: '4', voters: [0, 2] }
 */
export function plurality(values: readonly (string | null)[], tie: PluralityTie): AnswerGroup[] {
  const groups = new Map<string, number[]>();
  values.forEach((value, voter) => {
    if (value !== null) groups.set(value, [...(groups.get(value) ?? []), voter]);
  });
  const sorted = [...groups].map(([value, voters]) => ({ value, voters, tieKey: tieKeyOf(value, voters, tie) }));
  sorted.sort((left, right) => right.voters.length - left.voters.length || (left.tieKey < right.tieKey ? -1 : 1));
  return sorted.map(({ value, voters }) => ({ value, voters }));
}

function tieKeyOf(value: string, voters: number[], tie: PluralityTie): string {
  if (tie.by === 'seed') return seededHash(tie.seed, value);
  const places = voters.map((voter) => tie.order.indexOf(voter)).filter((place) => place !== -1);
  return String(places.length === 0 ? 999_999 : Math.min(...places)).padStart(6, '0');
}

/** The state of a vote: votes of the leading answer and the next, and how many may still come. */
export interface VoteState {
  leader: number;
  runnerUp: number;
  remaining: number;
}

/** Whether more votes are pointless: the lead can't be lost, or its posterior passes `stopAt` (1: never by posterior). */
export function isDecided(state: VoteState, stopAt: number): boolean {
  if (state.leader - state.runnerUp > state.remaining) return true;
  return state.leader + state.runnerUp >= fewestVotes && leadPosterior(state.leader, state.runnerUp) > stopAt;
}

/** The fewest further votes that could decide, if all went to the leader: asking for fewer would surely mean asking again. */
export function votesToDecide(state: VoteState, stopAt: number): number {
  for (let votes = 1; votes < state.remaining; votes += 1) {
    const hoped = { ...state, leader: state.leader + votes, remaining: state.remaining - votes };
    if (hoped.leader >= fewestVotes && isDecided(hoped, stopAt)) return votes;
  }
  return state.remaining;
}
