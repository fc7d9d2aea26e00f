import type { StrategyName } from '../../domain/chat/plan.js';
import { approve } from './approve.js';
import { council } from './council.js';
import { single } from './single.js';
import type { Strategy } from './strategy.js';

/** Every strategy there is; a new one is one file and one line. */
export const strategies = {
  single,
  approve,
  council,
  // placeholders until their files are in
  vote: approve,
  rank: approve,
  moa: council,
  fuse: council,
} satisfies Record<StrategyName, Strategy> as Record<StrategyName, Strategy>;
