import type { CallAnswer, CallPrompt } from '../../domain/chat/call.js';
import type { Choice, CompletionOutcome, Missing } from '../../domain/chat/decision.js';
import type { MemberPlan, StrategyName, StrategyPlan } from '../../domain/chat/plan.js';
import { validateJson } from '../../domain/ballots/validate-json.js';
import { seededHash } from '../../domain/ballots/seeded-random.js';
import { answerAsText } from '../../domain/prompts/candidate-list.js';
import { askMember, keyOf } from './ask-member.js';
import { deadlineFailure, quorumFailure } from './completion-failures.js';
import { modelName } from './model-name.js';
import { isOnlyLate, isOutOfTime, runStage } from './run-stage.js';
import type { StrategyCall, StrategyContext } from './strategy.js';

/** A member's answer, as a candidate. `shown` is how other models read it; `isEligible`: may be returned (follows the client's JSON schema, if there is one). */
export interface Proposal {
  memberIndex: number;
  member: MemberPlan;
  key: string;
  shown: string;
  choice: Choice;
  isEligible: boolean;
  /** The model that gets the results of its tool calls. */
  actingModel: string;
}

/** `ready`: the quorum stands. `late`: the deadline cut the stage below its quorum, and something came. `failed`: there is nothing to go on with. */
export type Proposals =
  | { state: 'ready' | 'late'; proposals: Proposal[]; missing: Missing[] }
  | { state: 'failed'; outcome: CompletionOutcome; missing: Missing[] };

export interface ProposeInput {
  plan: StrategyPlan;
  context: StrategyContext;
  layer?: number;
  /** The prompt of each member; missing: the client's conversation as it is. */
  promptOf?: (memberIndex: number) => CallPrompt;
  deadlineAt: number;
}

/** Fewest proposals that count, for so many members. */
export function proposalQuorum(plan: StrategyPlan, members: number): number {
  return Math.min(members, plan.options.quorum.propose ?? Math.ceil((2 * members) / 3));
}

/** Asks all members at once for an answer of their own. */
export async function propose(input: ProposeInput): Promise<Proposals> {
  const { plan, context } = input;
  const quorum = proposalQuorum(plan, plan.members.length);
  const stage = await runStage({
    context,
    stage: 'propose',
    quorum,
    grace: plan.options.grace,
    deadlineAt: input.deadlineAt,
    seats: plan.members.map((member, memberIndex) => ({ member, start: () => askMember(context, proposalCall(input, memberIndex)) })),
  });
  const proposals = stage.answers.map(({ seat, value }) => toProposal({ plan, member: memberAt(plan, seat), memberIndex: seat, key: keyOf(proposalCall(input, seat)), answer: value }));
  const { missing } = stage;
  if (proposals.length >= quorum) return { state: 'ready', proposals, missing };
  const isLate = isOutOfTime(context, stage);
  if (isLate && proposals.length > 0) return { state: 'late', proposals, missing };
  if (isLate && isOnlyLate(missing)) {
    return { state: 'failed', outcome: deadlineFailure({ missing, stageReached: null }), missing };
  }
  const shortfall = { stage: 'propose' as const, answered: proposals.length, of: plan.members.length, needed: quorum, missing, stageReached: null };
  return { state: 'failed', outcome: quorumFailure(shortfall), missing };
}

function proposalCall(input: ProposeInput, memberIndex: number): StrategyCall {
  const { plan } = input;
  return {
    stage: 'propose',
    member: withOwnSeed(plan, memberIndex, 0),
    memberIndex,
    of: plan.members.length,
    layer: input.layer ?? 0,
    prompt: input.promptOf?.(memberIndex) ?? { conversation: true },
    sampling: 'client',
    tools: membersGetTools(plan),
    responseFormat: 'client',
    final: false,
  };
}

/** Strategies in which a model writes the answer after the members; in the others a member's own answer is returned. */
const haveFinalModel: readonly StrategyName[] = ['council', 'moa', 'fuse'];

/** Members get the client's tools where asked, and by default where there is no final model to use them. */
export function membersGetTools(plan: StrategyPlan): boolean {
  return plan.options.tools === 'members' || (plan.options.tools === 'final' && !haveFinalModel.includes(plan.strategy));
}

/**
 * The member, with a sampling seed of its own if an earlier seat or sample asks the same model: else equal requests could give equal answers.
 * The first one keeps the client's seed.
 */
export function withOwnSeed(plan: StrategyPlan, memberIndex: number, sample: number): MemberPlan {
  const member = memberAt(plan, memberIndex);
  const isRepeated = sample > 0 || plan.members.slice(0, memberIndex).some((earlier) => earlier.label === member.label);
  if (!isRepeated || member.sampling?.seed !== undefined) return member;
  const seed = Number.parseInt(seededHash(plan.options.seed, 'sampling', memberIndex, sample).slice(0, 7), 16);
  return { ...member, sampling: { ...member.sampling, seed } };
}

export function memberAt(plan: StrategyPlan, memberIndex: number): MemberPlan {
  const member = plan.members[memberIndex];
  if (!member) throw new RangeError(`The plan has no member ${memberIndex}.`);
  return member;
}

export function toProposal(input: { plan: StrategyPlan; member: MemberPlan; memberIndex: number; key: string; answer: CallAnswer }): Proposal {
  const { plan, answer, ...seat } = input;
  const choice = toChoice(answer);
  const schema = plan.options.jsonSchema;
  const checked = schema === null || choice.toolCalls.length > 0 ? null : validateJson(choice.text, schema);
  return {
    ...seat,
    shown: answerAsText(answer),
    choice: checked?.ok ? { ...choice, text: checked.text } : choice,
    isEligible: checked?.ok ?? true,
    actingModel: answer.actingModel ?? modelName(seat.member),
  };
}

/** A model's answer as the client gets it. */
export function toChoice(answer: CallAnswer): Choice {
  return { text: answer.text, toolCalls: answer.toolCalls, finishReason: answer.toolCalls.length > 0 ? 'tool_calls' : answer.finishReason };
}
