import type { Connection, ProviderAdapter } from './provider-adapter.js';
import type { ListedModel } from './provider.js';
import type { ProvidersConfig } from './providers-config.js';

/** Address of the Gremium service where GREMIUM_API_BASE_URL names no other. */
const defaultBaseUrl = 'https://chutes-model-gremium.onrender.com';

/** What both Gremium providers share; one speaks OpenAI's wire, one Anthropic's, below the same address. */
export function gremiumAdapter(name: string, path: string, model: string, create: (connection: Connection, models: () => Promise<ListedModel[]>) => ReturnType<ProviderAdapter['create']>): ProviderAdapter {
  // A Gremium has one model, and need not have a list of it.
  const listed: ListedModel[] = [{ id: model, displayName: 'Gremium (consensus)', contextTokens: null, outputTokens: null }];
  return {
    name,
    aliases: [],
    keyVariable: 'GREMIUM_API_KEY',
    keyRequired: false,
    baseUrlVariable: 'GREMIUM_API_BASE_URL',
    defaultBaseUrl: `${defaultBaseUrl}${path}`,
    simulatedPath: path,
    connect: (environment) => connect(environment, path),
    isReal: (environment) => environment.GREMIUM_API_BASE_URL !== undefined && connect(environment, path) !== null,
    howToConfigure: 'Set ENABLE_GREMIUM_PROVIDER=true and GREMIUM_API_KEY (or CHUTES_API_KEY), and GREMIUM_API_BASE_URL for a Gremium of your own',
    create: (connection) => create(connection, () => Promise.resolve(listed)),
  };
}

/** Address of the Gremium service without a path, as `/health` and `/metadata` are read there; null: not enabled. */
export function gremiumBaseUrl(environment: ProvidersConfig['environment']): string | null {
  return isEnabled(environment) ? (environment.GREMIUM_API_BASE_URL ?? defaultBaseUrl).replace(/\/+$/, '') : null;
}

function connect(environment: ProvidersConfig['environment'], path: string): { baseUrl: string; apiKey: string | null } | null {
  const baseUrl = gremiumBaseUrl(environment);
  return baseUrl === null ? null : { baseUrl: `${baseUrl}${path}`, apiKey: environment.GREMIUM_API_KEY ?? environment.CHUTES_API_KEY ?? null };
}

function isEnabled(environment: ProvidersConfig['environment']): boolean {
  return ['true', '1', 'yes'].includes(environment.ENABLE_GREMIUM_PROVIDER ?? '');
}
