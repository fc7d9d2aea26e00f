import { strategyNames } from '../../domain/chat/plan.js';
import type { ConclaveFile } from '../config/conclave-file.schema.js';

/** Strategies offered as `composite/<strategy>/…`; `single` over a model is the model itself. */
export const compositeStrategies = strategyNames.filter((name) => name !== 'single');

/** Every name a client may use without knowing more: the built-in panels, stored panels, composites over the default models, and the configured providers' models. */
export function publicModelNames(known: { file: Pick<ConclaveFile, 'panels'>; defaultModels: string[]; registry: string[] }): string[] {
  return [
    'gremium-consensus',
    'gremium-consensus-anthropic',
    'trio',
    ...Object.keys(known.file.panels).map((name) => `panel/${name}`),
    ...compositeStrategies.flatMap((strategy) => known.defaultModels.map((model) => `composite/${strategy}/${model}`)),
    ...new Set([...known.defaultModels, ...known.registry]),
  ];
}
