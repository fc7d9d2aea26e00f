import type { VotingRule } from '../chat/plan.js';
import { bordaScores } from './rank-borda.js';
import { copelandScores } from './rank-copeland.js';
import { kemenyScores } from './rank-kemeny.js';
import { schulzeScores } from './rank-schulze.js';

/** Ballots (candidate indices, best first, possibly without some) to one score in [0, 1] per candidate; higher is better. */
export type ScoreBallots = (ballots: readonly (readonly number[])[], candidates: number) => number[];

/** Every voting rule there is; a new one is one file and one line. */
export const votingRules: Record<VotingRule, ScoreBallots> = {
  borda: bordaScores,
  copeland: copelandScores,
  schulze: schulzeScores,
  kemeny: kemenyScores,
};

export const votingRuleNames = Object.keys(votingRules) as VotingRule[]; // the keys of a Record are its names
