import type { ModelReference, StageName } from '../../domain/chat/call.js';
import type { MemberPlan, StrategyPlan } from '../../domain/chat/plan.js';
import type { CallPrice } from '../../domain/pricing/call-price.js';
import { costOfCall } from '../../domain/pricing/cost-of-call.js';

/** Tokens that an estimate assumes: of the conversation, of an answer, and of a review or ballot. */
export const assumedTokens: AssumedTokens = { prompt: 1_000, answer: 1_000, review: 500 };

export interface AssumedTokens {
  prompt: number;
  answer: number;
  review: number;
}

/** What a completion is expected to take. `costNanoUsd` sums the calls whose price is known; `costKnown` says whether all are. */
export interface CostEstimate {
  calls: number;
  inputTokens: number;
  outputTokens: number;
  costNanoUsd: number;
  costKnown: boolean;
}

/** Calls of an undisturbed run by stage, with who is called: `Strategy.calls` of the strategy registry. */
export type StageCalls = (plan: StrategyPlan) => { stage: StageName; members: MemberPlan[] }[];

/**
 * Cost of one undisturbed completion under `assumedTokens`: for a council of N this is N·p + N·(p + N·a) + (p + N·a + N·c) input and
 * N·a + N·c + a output tokens, with p, a and c the tokens of prompt, answer and review. Repairs, retries and early stops are left out.
 */
export function estimateCost(plan: StrategyPlan, stagesOf: StageCalls, price: (model: ModelReference) => CallPrice | null, assumed = assumedTokens): CostEstimate {
  let proposals = 0;
  return stagesOf(plan)
    .flatMap(({ stage, members }) => {
      // moa: layers after the first see the answers of the one before.
      const layer = stage === 'propose' ? proposals++ : 0;
      const tokens = tokensOf(plan, { stage, layer }, assumed);
      return members.map((member) => estimateCall(member, tokens, (nested) => estimateCost(nested, stagesOf, price, assumed), price));
    })
    .reduce(sum, { calls: 0, inputTokens: 0, outputTokens: 0, costNanoUsd: 0, costKnown: true });
}

interface Tokens {
  inputTokens: number;
  outputTokens: number;
}

// A seat that is a panel answers by a whole run of its own.
function estimateCall(seat: MemberPlan, tokens: Tokens, nested: (plan: StrategyPlan) => CostEstimate, price: (model: ModelReference) => CallPrice | null): CostEstimate {
  if (seat.kind === 'panel') return nested(seat.plan);
  const cost = costOfCall({ ...tokens, cachedInputTokens: 0, reasoningTokens: 0 }, price(seat.model));
  return { calls: 1, ...tokens, costNanoUsd: cost ?? 0, costKnown: cost !== null };
}

function tokensOf(plan: StrategyPlan, { stage, layer }: { stage: StageName; layer: number }, { prompt, answer, review }: AssumedTokens): Tokens {
  const answers = plan.members.length * answer;
  switch (stage) {
    case 'answer':
    case 'propose':
      return { inputTokens: prompt + (layer > 0 ? answers : 0), outputTokens: answer };
    case 'vote':
    case 'review': {
      const own = plan.options.selfVote === 'omit' && plan.reviewers.length === 0 ? answer : 0;
      return { inputTokens: prompt + answers - own, outputTokens: review };
    }
    case 'judge':
      return { inputTokens: prompt + answers, outputTokens: review };
    case 'aggregate':
      // fuse: the writer sees the judge's analysis too.
      return { inputTokens: prompt + answers + (plan.strategy === 'fuse' ? review : 0), outputTokens: answer };
    case 'chairman':
      return { inputTokens: prompt + answers + (plan.reviewers.length || plan.members.length) * review, outputTokens: answer };
    case 'repair':
    case 'tool':
      return { inputTokens: 0, outputTokens: 0 };
    default: {
      const never: never = stage;
      return never;
    }
  }
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
