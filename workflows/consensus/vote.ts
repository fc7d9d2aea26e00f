import type { CompletionOutcome, Missing } from '../../domain/chat/decision.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import { canonicalJson, extractAnswers } from '../../domain/ballots/extract-answer.js';
import { isDecided, plurality, votesToDecide } from '../../domain/ballots/plurality.js';
import type { AnswerGroup, VoteState } from '../../domain/ballots/plurality.js';
import { leadPosterior } from '../../domain/statistics/lead-posterior.js';
import { askMember, keyOf } from './ask-member.js';
import { deadlineFailure, quorumFailure } from './completion-failures.js';
import { noValidProposal, winnersDecision } from './decisions.js';
import { memberAt, membersGetTools, proposalQuorum, toProposal, withOwnSeed } from './propose.js';
import type { Proposal } from './propose.js';
import { isOnlyLate, isOutOfTime, runStage } from './run-stage.js';
import type { StageResult } from './run-stage.js';
import type { Strategy, StrategyCall, StrategyContext } from './strategy.js';

/**
 * Self-consistency: every member answers `samples` times, the short answers inside the texts are compared, and the most frequent wins; its first
 * text is returned verbatim. Votes are asked for in waves, each as small as could decide, and no further once the lead can't be lost or
 * its posterior passes `stopAt`, and there are as many answers as the client's `n` asks for.
 */
export const vote: Strategy = {
  name: 'vote',
  competing: true,
  calls: (plan) => [{ stage: 'propose', calls: votesOf(plan), members: Array.from({ length: votesOf(plan) }, (_, index) => memberAt(plan, index % plan.members.length)) }],
  async run(plan, context) {
    const total = votesOf(plan);
    const proposals: Proposal[] = [];
    const missing: Missing[] = [];
    let asked = 0;
    let isLate = false;
    while (asked < total && !isLate) {
      const size = nextWave(plan, proposals, total - asked);
      if (size === 0) break;
      const wave = await askWave({ plan, context, from: asked, size, proposals, total });
      asked += wave.size;
      proposals.push(...wave.proposals);
      missing.push(...wave.stage.missing);
      isLate = wave.stage.ended === 'deadline' || (wave.stage.ended === 'all' && isOutOfTime(context, wave.stage));
    }
    return conclude({ plan, proposals, missing, asked, total, isLate });
  },
};

function votesOf(plan: StrategyPlan): number {
  return plan.members.length * Math.max(1, plan.options.samples);
}

interface Wave {
  plan: StrategyPlan;
  context: StrategyContext;
  /** Index of the wave's first vote, and the number of votes in it. */
  from: number;
  size: number;
  /** Votes of earlier waves. */
  proposals: Proposal[];
  total: number;
}

/** Vote i is sample ⌊i / members⌋ of member i mod members, so that every member speaks before one speaks twice. */
async function askWave(wave: Wave): Promise<{ size: number; proposals: Proposal[]; stage: StageResult<Proposal> }> {
  const { plan, context, from, size, total } = wave;
  const calls = Array.from({ length: size }, (_, index) => voteCall(plan, from + index));
  const stage = await runStage<Proposal>({
    context,
    stage: 'propose',
    quorum: Math.ceil((2 * size) / 3),
    grace: plan.options.grace,
    deadlineAt: context.deadlineAt,
    seats: calls.map((call) => ({ member: call.member, start: () => askVote(plan, context, call) })),
    isSettled: (answers) => {
      const outstanding = total - from - answers.length;
      return nextWave(plan, [...wave.proposals, ...answers.map((answer) => answer.value)], outstanding) === 0;
    },
  });
  return { size, proposals: stage.answers.map((answer) => answer.value), stage };
}

async function askVote(plan: StrategyPlan, context: StrategyContext, call: StrategyCall) {
  const answer = await askMember(context, call);
  if (!answer.ok) return answer;
  const member = memberAt(plan, call.memberIndex);
  return { ok: true as const, value: toProposal({ plan, member, memberIndex: call.memberIndex, key: keyOf(call), answer: answer.value }) };
}

function voteCall(plan: StrategyPlan, index: number): StrategyCall {
  const memberIndex = index % plan.members.length;
  const sample = Math.floor(index / plan.members.length);
  return {
    stage: 'propose',
    member: withOwnSeed(plan, memberIndex, sample),
    memberIndex,
    of: plan.members.length,
    sample,
    prompt: { conversation: true },
    sampling: 'client',
    tools: membersGetTools(plan),
    responseFormat: 'client',
    final: false,
  };
}

/** Votes to ask for next, of those that `remain`; 0: the matter is settled. */
function nextWave(plan: StrategyPlan, proposals: readonly Proposal[], remain: number): number {
  const { stopAt, n } = plan.options;
  const state = stateOf(plan, proposals, remain);
  const toDecide = isDecided(state, stopAt) ? 0 : votesToDecide(state, stopAt);
  const toChoose = n - proposals.filter((proposal) => proposal.isEligible).length;
  return Math.min(Math.max(toDecide, toChoose), remain);
}

function stateOf(plan: StrategyPlan, proposals: readonly Proposal[], remaining: number): VoteState {
  const groups = groupsOf(plan, proposals.filter((proposal) => proposal.isEligible));
  return { leader: groups[0]?.voters.length ?? 0, runnerUp: groups[1]?.voters.length ?? 0, remaining };
}

function groupsOf(plan: StrategyPlan, proposals: readonly Proposal[]): AnswerGroup[] {
  return plurality(answersOf(proposals), { by: 'seed', seed: plan.options.seed });
}

/** The short answer of each proposal; tool calls are compared by name and arguments. */
function answersOf(proposals: readonly Proposal[]): (string | null)[] {
  const texts = proposals.filter((proposal) => proposal.choice.toolCalls.length === 0);
  const extracted = extractAnswers(texts.map((proposal) => proposal.choice.text));
  return proposals.map((proposal) => {
    const index = texts.indexOf(proposal);
    if (index !== -1) return extracted[index] ?? null;
    return `tools ${JSON.stringify(proposal.choice.toolCalls.map((call) => [call.name, canonicalJson(call.argumentsJson) ?? call.argumentsJson]))}`;
  });
}

function conclude(input: { plan: StrategyPlan; proposals: Proposal[]; missing: Missing[]; asked: number; total: number; isLate: boolean }): CompletionOutcome {
  const { plan, proposals, missing, asked, total, isLate } = input;
  const needed = plan.options.quorum.propose === null ? Math.ceil((2 * total) / 3) : proposalQuorum(plan, total);
  const shortfall = { stage: 'propose' as const, answered: proposals.length, of: total, needed, missing, stageReached: null };
  if (proposals.length === 0 && isLate && isOnlyLate(missing)) return deadlineFailure({ missing, stageReached: null });
  if (proposals.length === 0 || (proposals.length < needed && asked === total && !isLate)) return quorumFailure(shortfall);
  const voted = proposals.filter((proposal) => proposal.isEligible);
  if (voted.length === 0) return noValidProposal({ proposals, missing, stageReached: 'propose' });
  const groups = groupsOf(plan, voted);
  const votes = groups.reduce((sum, group) => sum + group.voters.length, 0);
  const [leader = 0, runnerUp = 0] = groups.map((group) => group.voters.length);
  return winnersDecision({
    proposals,
    voted,
    standing: { ranking: rankingOf(groups, voted.length), scores: sharesOf(groups, voted.length, votes) },
    n: plan.options.n,
    source: 'plurality',
    ballots: [],
    agreement: votes < 2 ? null : leader / votes,
    statistics: { votes, votesPlanned: total, votesAsked: asked, distinctAnswers: groups.length, answersNotExtracted: voted.length - votes, leadPosterior: leadPosterior(leader, runnerUp) },
    missing,
    stageReached: 'propose',
  });
}

/** The first text of each group, the largest group first, then everybody else in the same order of groups. */
function rankingOf(groups: AnswerGroup[], size: number): number[] {
  const firsts = groups.flatMap((group) => group.voters.slice(0, 1));
  const others = groups.flatMap((group) => group.voters.slice(1));
  const ranked = [...firsts, ...others];
  return [...ranked, ...Array.from({ length: size }, (_, index) => index).filter((index) => !ranked.includes(index))];
}

function sharesOf(groups: AnswerGroup[], size: number, votes: number): number[] {
  return Array.from({ length: size }, (_, index) => {
    const group = groups.find((candidate) => candidate.voters.includes(index));
    return group && votes > 0 ? group.voters.length / votes : 0;
  });
}
