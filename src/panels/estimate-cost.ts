import type { ModelReference, StageName } from '../../domain/chat/call.js';
import type { MemberPlan, StrategyPlan } from '../../domain/chat/plan.js';
import type { CallPrice } from '../../domain/pricing/call-price.js';
import { costOfCall } from '../../domain/pricing/cost-of-call.js';

/** Tokens that an estimate assumes: of the conversation, of an answer, and of a review or ballot. */
export const assumedTokens = { prompt: 1_000, answer: 1_000, review: 500 } as const;

/** What a completion is expected to take. `costNanoUsd` sums the calls whose price is known; `costKnown` says whether all are. */
export interface CostEstimate {
  calls: number;
  inputTokens: number;
  outputTokens: number;
  costNanoUsd: number;
  costKnown: boolean;
}

interface ExpectedCall {
  seat: MemberPlan;
  inputTokens: number;
  outputTokens: number;
}

/** Calls of an undisturbed run, by stage: `Strategy.calls` of the strategy registry. */
export type StageCalls = (plan: StrategyPlan) => { stage: StageName; calls: number }[];

/**
 * Cost of one undisturbed completion under `assumedTokens`: for a council of N this is N·p + N·(p + N·a) + (p + N·a + N·c) input and
 * N·a + N·c + a output tokens, with p, a and c the tokens of prompt, answer and review. Repairs, retries and early stops are left out.
 */
export function estimateCost(plan: StrategyPlan, stagesOf: StageCalls, price: (model: ModelReference) => CallPrice | null): CostEstimate {
  return stagesOf(plan)
    .flatMap(({ stage, calls }) => callsOf(plan, stage, calls))
    .map((call) => estimateCall(call, stagesOf, price))
    .reduce(sum, { calls: 0, inputTokens: 0, outputTokens: 0, costNanoUsd: 0, costKnown: true });
}

// A seat that is a panel answers by a whole run of its own.
function estimateCall({ seat, inputTokens, outputTokens }: ExpectedCall, stagesOf: StageCalls, price: (model: ModelReference) => CallPrice | null): CostEstimate {
  if (seat.kind === 'panel') return estimateCost(seat.plan, stagesOf, price);
  const cost = costOfCall({ inputTokens, outputTokens, cachedInputTokens: 0, reasoningTokens: 0 }, price(seat.model));
  return { calls: 1, inputTokens, outputTokens, costNanoUsd: cost ?? 0, costKnown: cost !== null };
}

function callsOf(plan: StrategyPlan, stage: StageName, calls: number): ExpectedCall[] {
  const { prompt, answer, review } = assumedTokens;
  const answers = plan.members.length * answer;
  switch (stage) {
    case 'answer':
    case 'propose':
      // moa: layers after the first see the answers of the one before.
      return seats(plan.members, calls).map((seat, index) => ({
        seat,
        inputTokens: prompt + (plan.strategy === 'moa' && index >= plan.members.length ? answers : 0),
        outputTokens: answer,
      }));
    case 'vote':
    case 'review': {
      const shown = plan.options.selfVote === 'omit' && plan.reviewers.length === 0 ? answers - answer : answers;
      return seats(plan.reviewers.length > 0 ? plan.reviewers : plan.members, calls).map((seat) => ({ seat, inputTokens: prompt + shown, outputTokens: review }));
    }
    case 'judge':
      return seats(plan.chairmen.slice(0, 1), calls).map((seat) => ({ seat, inputTokens: prompt + answers, outputTokens: review }));
    case 'aggregate':
      return seats(plan.chairmen.slice(0, 1), calls).map((seat) => ({ seat, inputTokens: prompt + answers + (plan.strategy === 'fuse' ? review : 0), outputTokens: answer }));
    case 'chairman': {
      const reviews = plan.strategy === 'fuse' ? review : (plan.reviewers.length || plan.members.length) * review;
      return seats(plan.chairmen.slice(0, 1), calls).map((seat) => ({ seat, inputTokens: prompt + answers + reviews, outputTokens: answer }));
    }
    case 'repair':
    case 'tool':
      return [];
    default: {
      const never: never = stage;
      return never;
    }
  }
}

// The roster in turn, as often as the stage calls.
function seats(roster: readonly MemberPlan[], calls: number): MemberPlan[] {
  return Array.from({ length: calls }, (_, index) => roster[index % roster.length]).filter((seat) => seat !== undefined);
}

function sum(left: CostEstimate, right: CostEstimate): CostEstimate {
  return {
    calls: left.calls + right.calls,
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    costNanoUsd: left.costNanoUsd + right.costNanoUsd,
    costKnown: left.costKnown && right.costKnown,
  };
}
