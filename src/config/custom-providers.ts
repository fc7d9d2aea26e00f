import type { ConclaveFile } from './conclave-file.schema.js';

/** A provider of `conclave.yaml` with its secrets resolved; `apiKey` null: it needs none. */
export interface CustomProvider {
  name: string;
  baseUrl: string;
  apiKey: string | null;
  headers: Record<string, string>;
}

/** Provider names that `conclave.yaml` may not redefine. */
export const builtInProviders = [
  'openai', 'anthropic', 'gemini', 'google', 'chutes', 'groq', 'together', 'cerebras', 'deepinfra', 'fireworks', 'openrouter', 'bedrock', 'vertex', 'ollama', 'trio', 'simulated',
  'gremium-openai', 'gremium-anthropic', 'conclave', 'composite', 'panel', 'gremium-consensus', 'gremium-consensus-anthropic',
] as const;

/** Custom providers with keys and `${NAME}` in headers taken from the environment, and what is missing there. A missing key is a fault: naming a provider means wanting it. */
export function resolveCustomProviders(file: ConclaveFile, source: Record<string, string | undefined>): { providers: CustomProvider[]; faults: string[] } {
  const faults: string[] = [];
  const read = (variable: string, key: string): string => {
    const value = source[variable];
    if (value === undefined || value === '') faults.push(`${variable} is missing, but conclave.yaml reads it at ${key}. Set it in the environment or in .env.`);
    return value ?? '';
  };
  const providers = Object.entries(file.providers).map(([name, provider]) => {
    if ((builtInProviders as readonly string[]).includes(name)) faults.push(`conclave.yaml: providers.${name}: the name is taken by a built-in one. Choose another name.`);
    return {
      name,
      baseUrl: provider.base_url.replace(/\/+$/, ''),
      apiKey: provider.api_key_env === undefined ? null : read(provider.api_key_env, `providers.${name}.api_key_env`),
      headers: Object.fromEntries(
        Object.entries(provider.headers ?? {}).map(([header, value]) => [
          header,
          value.replace(/\$\{([A-Z][A-Z0-9_]*)\}/g, (_, variable: string) => read(variable, `providers.${name}.headers.${header}`)),
        ]),
      ),
    };
  });
  return { providers, faults };
}
