import type { StrategyName } from '../../domain/chat/plan.js';
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
