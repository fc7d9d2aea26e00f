import type { StrategyContext } from './strategy.js';

/**
 * The random text behind a completion's fences. Drawn once, before the first call: later draws would depend on the order in which
 * answers come, and so differ between processes.
 */
export function drawSalt(context: StrategyContext): string {
  return `${context.random()}/${context.random()}`;
}
