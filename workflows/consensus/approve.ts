import type { BallotRecord, CompletionOutcome } from '../../domain/chat/decision.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import { approvalAgreement } from '../../domain/ballots/agreement.js';
import { countApprovals } from '../../domain/ballots/count-approvals.js';
import type { CountedApproval } from '../../domain/ballots/count-approvals.js';
import { parseApprovalBallot } from '../../domain/ballots/parse-ballot.js';
import type { ApprovalBallot } from '../../domain/ballots/parse-ballot.js';
import { effectiveSelfVote } from '../../domain/ballots/self-vote.js';
import { approveVotePrompt } from '../../domain/prompts/approve-vote.js';
import { castBallots, reviewersOf } from './cast-ballots.js';
import type { CastBallot } from './cast-ballots.js';
import { firstProposals, noValidProposal, winnersDecision } from './decisions.js';
import { drawSalt } from './draw-salt.js';
import { propose } from './propose.js';
import type { Proposal } from './propose.js';
import type { Strategy, StrategyContext } from './strategy.js';

/** Everybody answers, everybody accepts or rejects each answer and prefers one; most acceptances win, then most preferences. The winner is returned verbatim. */
export const approve: Strategy = {
  name: 'approve',
  competing: true,
  calls: (plan) => [
    { stage: 'propose', calls: plan.members.length, members: plan.members },
    { stage: 'vote', calls: reviewersOf(plan).length, members: reviewersOf(plan) },
  ],
  async run(plan, context) {
    const salt = drawSalt(context);
    const first = await propose({ plan, context, deadlineAt: context.deadlineAt });
    if (first.state === 'failed') return first.outcome;
    const { proposals, missing } = first;
    if (first.state === 'late') return firstProposals({ proposals, n: plan.options.n, missing, stageReached: 'propose' });
    const candidates = proposals.filter((proposal) => proposal.isEligible);
    if (candidates.length === 0) return noValidProposal({ proposals, missing, stageReached: 'propose' });
    const box = await castBallots<ApprovalBallot>({ plan, context, stage: 'vote', candidates, salt, promptOf: approveVotePrompt, parse: parseApprovalBallot, deadlineAt: context.deadlineAt, missing });
    if (box.failure) return box.failure;
    if (box.cast.length === 0) return firstProposals({ proposals, n: plan.options.n, missing: box.missing, stageReached: 'propose' });
    return decide({ plan, context, proposals, candidates, cast: box.cast, rejected: box.rejected, missing: box.missing });
  },
};

function decide(input: {
  plan: StrategyPlan;
  context: StrategyContext;
  proposals: Proposal[];
  candidates: Proposal[];
  cast: CastBallot<ApprovalBallot>[];
  rejected: BallotRecord[];
  missing: Parameters<typeof winnersDecision>[0]['missing'];
}): CompletionOutcome {
  const { plan, candidates, cast } = input;
  const counted = cast.map((vote) => toCounted(vote, plan, candidates.length));
  const { accepted, preferred, shares, ranking } = countApprovals({ ballots: counted, keys: candidates.map((candidate) => candidate.key), seed: plan.options.seed });
  const records = cast.map((vote): BallotRecord => ({
    reviewer: vote.reviewer.label,
    key: vote.key,
    order: vote.order,
    accepted: vote.ballot.accepted,
    preferred: vote.ballot.preferred === null ? null : (vote.order[vote.ballot.preferred] ?? null),
  }));
  return winnersDecision({
    proposals: input.proposals,
    voted: candidates,
    standing: { ranking, accepted, preferred, scores: shares },
    n: plan.options.n,
    source: 'winner',
    ballots: [...records, ...input.rejected],
    agreement: approvalAgreement(counted, candidates.length),
    statistics: { ballots: cast.length, ballotsRejected: input.rejected.length },
    missing: input.missing,
    stageReached: 'vote',
  });
}

/** A ballot by candidate index, the voter's own answer left out unless it counts. */
function toCounted(vote: CastBallot<ApprovalBallot>, plan: StrategyPlan, candidates: number): CountedApproval {
  const isOwnCounted = effectiveSelfVote(plan.options.selfVote, candidates) === 'include';
  const accepted = new Array<boolean | undefined>(candidates).fill(undefined);
  vote.order.forEach((candidate, position) => {
    if (isOwnCounted || candidate !== vote.own) accepted[candidate] = vote.ballot.accepted[position];
  });
  const preferred = vote.ballot.preferred === null ? null : (vote.order[vote.ballot.preferred] ?? null);
  return { accepted, preferred: !isOwnCounted && preferred === vote.own ? null : preferred };
}
