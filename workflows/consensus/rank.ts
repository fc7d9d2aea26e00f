import { parseRankingBallot } from '../../domain/ballots/parse-ballot.js';
import type { RankingBallot } from '../../domain/ballots/parse-ballot.js';
import { rankReviewPrompt } from '../../domain/prompts/rank-review.js';
import { castBallots, reviewersOf } from './cast-ballots.js';
import { firstProposals, noValidProposal, winnersDecision } from './decisions.js';
import { drawSalt } from './draw-salt.js';
import { propose } from './propose.js';
import { rankBallots } from './rank-ballots.js';
import type { Strategy } from './strategy.js';

/** Everybody answers, everybody ranks the others' answers; the winner by the voting rule is returned verbatim. */
export const rank: Strategy = {
  name: 'rank',
  competing: true,
  calls: (plan) => [
    { stage: 'propose', calls: plan.members.length, members: plan.members },
    // A single answer has won already.
    ...(plan.members.length > 1 ? [{ stage: 'review' as const, calls: reviewersOf(plan).length, members: reviewersOf(plan) }] : []),
  ],
  async run(plan, context) {
    const { n } = plan.options;
    const salt = drawSalt(context);
    const first = await propose({ plan, context, deadlineAt: context.deadlineAt });
    if (first.state === 'failed') return first.outcome;
    const { proposals, missing } = first;
    if (first.state === 'late') return firstProposals({ proposals, n, missing, stageReached: 'propose' });
    const candidates = proposals.filter((proposal) => proposal.isEligible);
    if (candidates.length === 0) return noValidProposal({ proposals, missing, stageReached: 'propose' });
    const common = { proposals, voted: candidates, n, source: 'winner' as const };
    if (candidates.length === 1) {
      return winnersDecision({ ...common, standing: { ranking: [0] }, ballots: [], agreement: null, statistics: {}, missing, stageReached: 'propose' });
    }
    const box = await castBallots<RankingBallot>({ plan, context, stage: 'review', candidates, salt, promptOf: rankReviewPrompt, parse: parseRankingBallot, deadlineAt: context.deadlineAt, missing });
    if (box.failure) return box.failure;
    if (box.cast.length === 0) return firstProposals({ proposals, n, missing: box.missing, stageReached: 'propose' });
    const { records, ...ranked } = rankBallots({ plan, candidates, cast: box.cast, rejected: box.rejected });
    return winnersDecision({ ...common, ...ranked, ballots: records, missing: box.missing, stageReached: 'review' });
  },
};
