import { strategies } from '../../workflows/consensus/registry.js';
import type { StageCalls } from './estimate-cost.js';

/** Calls of an undisturbed run by stage, as the strategy itself counts them. */
export const stageCalls: StageCalls = (plan) => strategies[plan.strategy].calls(plan);
