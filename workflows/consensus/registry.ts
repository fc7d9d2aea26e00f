import type { StageName } from '../../domain/chat/call.js';
import type { StrategyName, StrategyPlan } from '../../domain/chat/plan.js';
import { approve } from './approve.js';
import { council } from './council.js';
import { fuse } from './fuse.js';
import { moa } from './moa.js';
import { rank } from './rank.js';
import { single } from './single.js';
import type { Strategy } from './strategy.js';
import { vote } from './vote.js';

/** Every strategy there is; a new one is one file and one line. */
export const strategies: Record<StrategyName, Strategy> = {
  single,
  approve,
  vote,
  rank,
  council,
  moa,
  fuse,
};

/** Every call of an undisturbed completion, nested panels' calls included, by stage: what a preview counts and prices. */
export function callsOfPlan(plan: StrategyPlan): { stage: StageName; calls: number }[] {
  return strategies[plan.strategy].calls(plan).flatMap(({ stage, members }) => {
    const models = members.filter((member) => member.kind === 'model').length;
    const nested = members.flatMap((member) => (member.kind === 'panel' ? callsOfPlan(member.plan) : []));
    return [...(models > 0 ? [{ stage, calls: models }] : []), ...nested];
  });
}
