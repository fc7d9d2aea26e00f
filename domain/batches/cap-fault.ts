import type { ModelReference } from '../chat/call.js';
import type { Sampling } from '../chat/chat-request.js';
import type { MemberPlan, StrategyPlan } from '../chat/plan.js';
import type { CallPrice } from '../pricing/call-price.js';

/** What a cap must know of models. */
export interface CapFacts {
  /** In every mode in which the batch may call it; null: unknown. */
  price(model: ModelReference): CallPrice | null;
  /** Most tokens of one answer; null: unknown. */
  outputLimit(model: ModelReference): number | null;
  /** What is capped; missing: the cost. */
  cap?: 'cost_cap_usd' | 'token_cap';
}

/**
 * Why an item can't be part of a batch with a cap, or null: each of its calls needs a bound. `sampling` is the request's own. Answers are bounded by `max_tokens`; ballots, reviews
 * and repairs have none (it would cut reasoning short), so they are bounded by what the model can write. Asked once for every plan and `max_tokens` when a batch is read.
 */
export function capFault(plan: StrategyPlan, sampling: Pick<Sampling, 'maxOutputTokens'>, facts: CapFacts): { param: string; message: string } | null {
  return planFault(plan, sampling.maxOutputTokens, facts);
}

/** `asked`: the limit that calls with the client's sampling have; null: the panel sits where a judge does, so they have none. */
function planFault(plan: StrategyPlan, asked: number | undefined | null, facts: CapFacts): { param: string; message: string } | null {
  const faults = [
    ...answering(plan).map((seat) => seatFault(seat, { asked, own: seat.sampling?.maxOutputTokens }, facts)),
    // A judge's own limit for its answers does not hold for its ballots.
    ...judging(plan).map((seat) => seatFault(seat, { asked: null, own: undefined }, facts)),
  ];
  return faults.find((fault) => fault !== null) ?? null;
}

/** Seats whose calls take the client's sampling. */
function answering(plan: StrategyPlan): MemberPlan[] {
  return [...plan.members, ...plan.chairmen];
}

/** Seats whose calls have a sampling of their own. */
function judging(plan: StrategyPlan): MemberPlan[] {
  switch (plan.strategy) {
    case 'single':
    case 'vote':
      return [];
    case 'approve':
    case 'rank':
      return reviewers(plan);
    case 'council':
      return [...reviewers(plan), ...repairing(plan)];
    case 'moa':
      return repairing(plan);
    case 'fuse':
      return plan.chairmen;
    default: {
      const never: never = plan.strategy;
      return never;
    }
  }
}

function reviewers(plan: StrategyPlan): MemberPlan[] {
  return plan.reviewers.length > 0 ? plan.reviewers : plan.members;
}

/** A final answer that misses the client's schema is repaired once. */
function repairing(plan: StrategyPlan): MemberPlan[] {
  return plan.options.jsonSchema === null ? [] : plan.chairmen;
}

function seatFault(seat: MemberPlan, limits: { asked: number | undefined | null; own: number | undefined }, facts: CapFacts): { param: string; message: string } | null {
  // The members of a panel have limits of their own; their seat's does not reach them.
  if (seat.kind === 'panel') return planFault(seat.plan, limits.asked, facts);
  const name = `${seat.model.provider}/${seat.model.model}`;
  const cap = facts.cap ?? 'cost_cap_usd';
  const what = cap === 'cost_cap_usd' ? 'cost' : 'tokens';
  if (cap === 'cost_cap_usd' && facts.price(seat.model) === null)
    return { param: 'cost_cap_usd', message: `The price of '${name}' is unknown, so its cost can't be capped. Give it one (PATCH /api/models/${name} with 'price'), or leave cost_cap_usd out.` };
  if (typeof (limits.own ?? limits.asked) === 'number') return null;
  if (limits.asked === undefined) return { param: 'max_tokens', message: `A batch with ${cap} needs max_tokens on every item: without it nobody knows what an answer of '${name}' may ${what === 'cost' ? 'cost' : 'take'}.` };
  if (facts.outputLimit(seat.model) !== null) return null;
  return { param: cap, message: `'${name}' reviews or judges, and how much it may write is unknown, so its ${what} can't be capped. Add output_tokens of this model to the registry, or leave ${cap} out.` };
}
