import { resolve } from 'node:path';
import type { PolicyName } from '../../workflows/policies/policy-name.js';
import { ConfigError } from './config-error.js';
import { environmentFaults } from './config-faults.js';
import type { ConclaveFile } from './conclave-file.schema.js';
import { resolveCustomProviders, type CustomProvider } from './custom-providers.js';
import { environmentSchema, type Environment } from './env.schema.js';
import { processEnvironment } from './process-environment.js';
import { productVersion } from './product-version.js';
import { readConclaveFile } from './read-conclave-file.js';

/** Injection token of the parsed `Config`: `@Inject(CONFIG) config: Config`. */
export const CONFIG: unique symbol = Symbol('Config');

/** Everything a process knows about how it is meant to run, parsed and checked once. */
export interface Config {
  environment: Environment;
  file: ConclaveFile;
  /** Absolute path of the `conclave.yaml` that was read; null: none exists. */
  filePath: string | null;
  /** Providers of `conclave.yaml`, keys resolved. */
  customProviders: CustomProvider[];
  /** Names of the providers that someone pointed us to: by a key, by an address, or in `conclave.yaml`. */
  chosenProviders: string[];
  /** All providers stand on the simulated one. */
  simulated: boolean;
  /** Address of the simulated provider, without a path and trailing slash; null: unknown (yet). */
  simulatedUrl: string | null;
  port: number;
  host: string;
  /** Absolute path of `CONCLAVE_HOME`. */
  home: string;
  policy: PolicyName;
  /** Of the product. */
  version: string;
}

/**
 * Parses environment and `conclave.yaml`; throws one `ConfigError` with every fault. Without `source` it is the
 * process's environment with `.env` merged in. Empty variables count as unset.
 */
export function loadConfig(source: NodeJS.ProcessEnv = processEnvironment()): Config {
  const set = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const parsed = environmentSchema.safeParse(set);
  const faults = parsed.success ? [] : environmentFaults(parsed.error, set);
  const home = resolve(set.CONCLAVE_HOME ?? '.conclave');
  const file = readConclaveFile(set.CONCLAVE_CONFIG, home);
  if (!file.ok) faults.push(...file.faults);
  const custom = file.ok ? resolveCustomProviders(file.file, set) : { providers: [], faults: [] };
  faults.push(...custom.faults);
  if (!parsed.success || !file.ok || faults.length > 0) throw new ConfigError(faults);
  const environment = parsed.data;
  const chosenProviders = [...chosenByVariable(set), ...custom.providers.map((provider) => provider.name)];
  return {
    environment,
    file: file.file,
    filePath: file.path,
    customProviders: custom.providers,
    chosenProviders,
    simulated: environment.CONCLAVE_SIMULATED === 'auto' ? chosenProviders.length === 0 : environment.CONCLAVE_SIMULATED === 'on',
    simulatedUrl: environment.CONCLAVE_SIMULATED_URL?.replace(/\/+$/, '') ?? null,
    port: environment.PORT ?? environment.TRIO_PORT ?? 8000,
    host: environment.HOST,
    home,
    policy: environment.CONCLAVE_POLICY,
    version: productVersion(),
  };
}

// A provider without a key counts only when someone names its address: the defaults of ollama and of the Trio backend say nothing.
const choices: Partial<Record<keyof Environment, string>> = {
  OPENAI_API_KEY: 'openai',
  ANTHROPIC_API_KEY: 'anthropic',
  GOOGLE_API_KEY: 'gemini',
  GROQ_API_KEY: 'groq',
  TOGETHER_API_KEY: 'together',
  CEREBRAS_API_KEY: 'cerebras',
  DEEPINFRA_API_KEY: 'deepinfra',
  FIREWORKS_API_KEY: 'fireworks',
  OPENROUTER_API_KEY: 'openrouter',
  CHUTES_API_KEY: 'chutes',
  AWS_BEARER_TOKEN_BEDROCK: 'bedrock',
  BEDROCK_BASE_URL: 'bedrock',
  GOOGLE_VERTEX_API_KEY: 'vertex',
  GOOGLE_VERTEX_PROJECT: 'vertex',
  OLLAMA_BASE_URL: 'ollama',
  TRIO_BACKEND_URL: 'trio',
  LITELLM_API_KEY: 'trio',
};

function chosenByVariable(set: Record<string, string | undefined>): string[] {
  return [...new Set(Object.entries(choices).flatMap(([variable, provider]) => (set[variable] === undefined ? [] : [provider])))];
}
