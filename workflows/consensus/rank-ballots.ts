import type { BallotRecord } from '../../domain/chat/decision.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import { answerRankingAgreement } from '../../domain/ballots/agreement.js';
import { byAnswer, equalAnswers } from '../../domain/ballots/equal-answers.js';
import { rankCandidates } from '../../domain/ballots/rank-candidates.js';
import { seededRandom } from '../../domain/ballots/seeded-random.js';
import { countedRanking, effectiveSelfVote } from '../../domain/ballots/self-vote.js';
import { kendallTauPairs } from '../../domain/statistics/kendall-tau.js';
import { winnerStability } from '../../domain/statistics/winner-stability.js';
import type { CastBallot } from './cast-ballots.js';
import type { Standing } from './decisions.js';
import type { Proposal } from './propose.js';

/** Resamples of the voters behind the figure of stability: enough for two digits, little enough for a workflow task. */
const resamples = 100;

export interface RankedBallots {
  standing: Standing;
  records: BallotRecord[];
  agreement: number | null;
  statistics: Record<string, number | null>;
}

/** Counts rankings by the plan's rule and says how firm the outcome is. */
export function rankBallots(input: { plan: StrategyPlan; candidates: readonly Proposal[]; cast: readonly CastBallot<{ ranking: number[] }>[]; rejected: readonly BallotRecord[] }): RankedBallots {
  const { plan, candidates, cast, rejected } = input;
  const { seed, rule } = plan.options;
  const selfVote = effectiveSelfVote(plan.options.selfVote, candidates.length);
  const keys = candidates.map((candidate) => candidate.key);
  const ballots = cast.map((vote) => countedRanking({ ranking: toCandidateIndices(vote), own: vote.own, selfVote }));
  const count = (sample: readonly number[][]) => rankCandidates({ rule, ballots: sample, keys, seed });
  const { ranking, scores } = count(ballots);
  const answers = equalAnswers(candidates.map((candidate) => candidate.shown));
  const stability = winnerStability({
    ballots,
    winner: answers[ranking[0] ?? 0] ?? 0,
    winnerOf: (sample) => answers[count(sample).ranking[0] ?? 0],
    random: seededRandom(seed, 'stability'),
    resamples: candidates.length <= 8 ? resamples : 0,
  });
  const taus = kendallTauPairs(byAnswer(ballots, answers));
  return {
    standing: { ranking, scores },
    records: [...cast.map((vote, index): BallotRecord => ({ reviewer: vote.reviewer.label, key: vote.key, order: vote.order, ranking: ballots[index] ?? [] })), ...rejected],
    agreement: answerRankingAgreement(ballots, answers),
    statistics: {
      ballots: cast.length,
      ballotsRejected: rejected.length,
      distinctAnswers: new Set(answers).size,
      mostEqualAnswers: Math.max(...answers.map((answer) => answers.filter((other) => other === answer).length)),
      winnerStability: stability.bootstrap,
      winnerWithoutOneVoter: stability.leaveOneOut,
      meanKendallTau: taus.length === 0 ? null : taus.reduce((sum, pair) => sum + pair.tau, 0) / taus.length,
      ...Object.fromEntries(taus.map((pair) => [`kendallTau/${pair.left}/${pair.right}`, pair.tau])),
    },
  };
}

function toCandidateIndices(vote: CastBallot<{ ranking: number[] }>): number[] {
  return vote.ballot.ranking.map((position) => vote.order[position]).filter((candidate) => candidate !== undefined);
}
