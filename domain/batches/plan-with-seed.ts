import type { MemberPlan, StrategyPlan } from '../chat/plan.js';

/** The plan under another seed, nested panels included: items of a batch share a plan stored with seed 0, and each has a seed of its own. */
export function planWithSeed(plan: StrategyPlan, seed: number): StrategyPlan {
  const seat = (member: MemberPlan): MemberPlan => (member.kind === 'panel' ? { ...member, plan: planWithSeed(member.plan, seed) } : member);
  return { ...plan, members: plan.members.map(seat), reviewers: plan.reviewers.map(seat), chairmen: plan.chairmen.map(seat), options: { ...plan.options, seed } };
}
