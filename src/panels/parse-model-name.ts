import { strategyNames, type StrategyName } from '../../domain/chat/plan.js';

/** What a model name asks for; `rest` and `model` are not resolved yet. */
export type ModelName =
  | { kind: 'trio' }
  | { kind: 'default' }
  | { kind: 'panel'; panel: string }
  | { kind: 'composite'; strategy: StrategyName; model: string }
  | { kind: 'unknown_strategy'; strategy: string }
  | { kind: 'model'; model: string };

/**
 * Takes a model name apart.
 * @example parseModelName('composite/moa/openai/gpt-4o') // { kind: 'composite', strategy: 'moa', model: 'openai/gpt-4o' }
 */
export function parseModelName(name: string): ModelName {
  if (name === 'trio') return { kind: 'trio' };
  if (name === 'gremium-consensus' || name === 'gremium-consensus-anthropic') return { kind: 'default' };
  const [first, second = '', ...rest] = name.split('/');
  if (first === 'panel') return { kind: 'panel', panel: [second, ...rest].join('/') };
  if (first !== 'composite') return { kind: 'model', model: name };
  if (!isStrategy(second)) return { kind: 'unknown_strategy', strategy: second };
  return { kind: 'composite', strategy: second, model: rest.join('/') };
}

function isStrategy(name: string): name is StrategyName {
  return (strategyNames as readonly string[]).includes(name);
}
