import type { CallPrompt } from '../../domain/chat/call.js';
import type { BallotRecord, CompletionOutcome, Missing } from '../../domain/chat/decision.js';
import type { MemberPlan, StrategyPlan } from '../../domain/chat/plan.js';
import { orderCandidates } from '../../domain/ballots/order-candidates.js';
import type { Parsed } from '../../domain/ballots/parse-ballot.js';
import { effectiveSelfVote } from '../../domain/ballots/self-vote.js';
import { ballotRepairPrompt } from '../../domain/prompts/ballot-repair.js';
import { candidateList, fenceFor } from '../../domain/prompts/candidate-list.js';
import { asJudge, askMember, judging, keyOf } from './ask-member.js';
import { quorumFailure } from './completion-failures.js';
import type { Proposal } from './propose.js';
import { isOutOfTime, runStage } from './run-stage.js';
import type { SeatOutcome } from './run-stage.js';
import type { StrategyCall, StrategyContext } from './strategy.js';

/** A ballot that was read. `own` is the index of the voter's own answer among the candidates, null if it has none; `order` what it saw, by position. */
export interface CastBallot<Ballot> {
  reviewer: MemberPlan;
  own: number | null;
  order: number[];
  key: string;
  ballot: Ballot;
}

/** `failure` is set where too few ballots came for another reason than time. Rejected ballots are records already. */
export interface BallotBox<Ballot> {
  cast: CastBallot<Ballot>[];
  rejected: BallotRecord[];
  missing: Missing[];
  failure: CompletionOutcome | null;
}

export interface CastBallotsInput<Ballot> {
  plan: StrategyPlan;
  context: StrategyContext;
  stage: 'vote' | 'review';
  candidates: readonly Proposal[];
  /** Random text of this completion, from which the fences come. */
  salt: string;
  promptOf: (candidateList: string) => CallPrompt;
  parse: (reply: string, shown: number) => Parsed<Ballot>;
  deadlineAt: number;
  /** What is missing from earlier stages. */
  missing: Missing[];
}

interface Voter {
  reviewer: MemberPlan;
  index: number;
  of: number;
  own: number | null;
  order: number[];
}

/** Who votes or reviews: the plan's reviewers, or else the members. */
export function reviewersOf(plan: StrategyPlan): MemberPlan[] {
  return plan.reviewers.length > 0 ? plan.reviewers : plan.members;
}

/**
 * Shows every voter the candidates in an order of its own and reads the ballots. An unreadable ballot is asked for once more; what is still
 * unreadable is rejected and counted as missing.
 */
export async function castBallots<Ballot>(input: CastBallotsInput<Ballot>): Promise<BallotBox<Ballot>> {
  const { plan, context, stage } = input;
  const voters = votersOf(plan, input.candidates);
  const quorum = Math.min(voters.length, plan.options.quorum.vote ?? Math.ceil(voters.length / 2));
  const rejected: (BallotRecord | undefined)[] = [];
  const result = await runStage<CastBallot<Ballot>>({
    context,
    stage,
    quorum,
    grace: plan.options.grace,
    deadlineAt: input.deadlineAt,
    seats: voters.map((voter) => ({ member: voter.reviewer, start: () => castBallot(input, voter, rejected) })),
  });
  const cast = result.answers.map((answer) => answer.value);
  const missing = [...input.missing, ...result.missing];
  const isLate = isOutOfTime(context, result);
  const isShort = cast.length < quorum && !isLate;
  const shortfall = { stage, answered: cast.length, of: voters.length, needed: quorum, missing, stageReached: 'propose' as const };
  return { cast, rejected: rejected.filter((record) => record !== undefined), missing, failure: isShort ? quorumFailure(shortfall) : null };
}

function votersOf(plan: StrategyPlan, candidates: readonly Proposal[]): Voter[] {
  const reviewers = reviewersOf(plan);
  const selfVote = effectiveSelfVote(plan.options.selfVote, candidates.length);
  const owns = reviewers.map((reviewer, index) => ownCandidate(plan, candidates, reviewer, index));
  const orders = orderCandidates({
    seed: plan.options.seed,
    candidates: candidates.length,
    reviewers: owns.map((own) => ({ own: selfVote === 'omit' ? own : null })),
    order: plan.options.order,
  });
  return reviewers.map((reviewer, index) => ({ reviewer, index, of: reviewers.length, own: owns[index] ?? null, order: orders[index] ?? [] }));
}

/** A member's own answer is that of its seat; a reviewer from elsewhere has one if the same model proposed. */
function ownCandidate(plan: StrategyPlan, candidates: readonly Proposal[], reviewer: MemberPlan, index: number): number | null {
  const found = candidates.findIndex((candidate) => (plan.reviewers.length === 0 ? candidate.memberIndex === index : candidate.member.label === reviewer.label));
  return found === -1 ? null : found;
}

async function castBallot<Ballot>(input: CastBallotsInput<Ballot>, voter: Voter, rejected: (BallotRecord | undefined)[]): Promise<SeatOutcome<CastBallot<Ballot>>> {
  const { context, stage, missing } = input;
  const hopeless = missing.find((absence) => absence.member === voter.reviewer.label && isHopeless(absence));
  if (hopeless) return { ok: false, failure: hopeless.failure };
  const texts = voter.order.map((candidate) => input.candidates[candidate]?.shown ?? '');
  const prompt = input.promptOf(candidateList({ texts, salt: input.salt, purpose: `${stage}/${voter.index}` }));
  const call: StrategyCall = { stage, member: asJudge(voter.reviewer), memberIndex: voter.index, of: voter.of, prompt, sampling: judging, tools: false, final: false };
  const answer = await askMember(context, call);
  if (!answer.ok) return answer;
  const first = input.parse(answer.value.text, texts.length);
  if (first.ok) return { ok: true, value: { ...voter, key: keyOf(call), ballot: first.ballot } };
  const fence = fenceFor({ texts: [answer.value.text], salt: input.salt, purpose: `repair/${voter.index}` });
  const repair: StrategyCall = { ...call, stage: 'repair', prompt: ballotRepairPrompt({ prompt, reply: answer.value.text, reason: first.reason, fence }) };
  const repaired = await askMember(context, repair);
  const second = repaired.ok ? input.parse(repaired.value.text, texts.length) : first;
  if (second.ok) return { ok: true, value: { ...voter, key: keyOf(repair), ballot: second.ballot } };
  rejected[voter.index] = { reviewer: voter.reviewer.label, key: keyOf(call), order: voter.order, rejected: second.reason };
  context.emit({ type: 'ballot_rejected', reviewer: voter.reviewer.label, reason: second.reason });
  return { ok: false, failure: { code: 'invalid_answer', message: `The ballot was rejected: ${second.reason}.` } };
}

/** Failures of a member that asking it something else can't change. */
function isHopeless(absence: Missing): boolean {
  return absence.failure.code === 'auth' || absence.failure.code === 'billing' || absence.failure.code === 'not_found';
}
