import type { Config } from '../config/config.js';
import { loadModelRegistry } from '../config/model-registry.js';

/** Where the key of a provider stands: a variable of the environment, or the place in conclave.yaml that names it; null: it needs none. */
export function keyVariableOf(config: Pick<Config, 'customProviders'>, provider: string): string | null {
  if (config.customProviders.some(({ name }) => name === provider)) return `the variable that providers.${provider}.api_key_env names`;
  return loadModelRegistry().providers[provider]?.env_var ?? null;
}
