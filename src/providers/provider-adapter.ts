import type { Provider } from './provider.js';
import type { ProvidersConfig, ProviderVariable } from './providers-config.js';

/** How to reach a provider, all resolved. */
export interface Connection {
  /** The provider's canonical name. */
  name: string;
  baseUrl: string;
  /** null: it needs none. */
  apiKey: string | null;
  headers: Readonly<Record<string, string>>;
  /** What else the vendor's own rules found, such as a region, a project or the parts of a signature. */
  settings?: Readonly<Record<string, string>>;
  /** Most tokens of one answer of a model; null or missing: unknown. */
  outputLimit?: (model: string) => number | null;
}

/** One provider as its file describes it: everything about it but what the operator configures. */
export interface ProviderAdapter {
  /** Canonical, as in `<provider>/<model>`. */
  name: string;
  aliases: readonly string[];
  /** Variable of the key; null: it has none. */
  keyVariable: ProviderVariable | null;
  /** Whether calls need the key. */
  keyRequired: boolean;
  baseUrlVariable: ProviderVariable | null;
  /** null: it exists only where an address is configured. */
  defaultBaseUrl: string | null;
  /** Path below the simulated provider's `<url>/<name>`. */
  simulatedPath: string;
  /** Turns what an operator wrote as base URL into the one calls use; missing: as written. */
  resolveBaseUrl?: (configured: string) => string;
  /** Finds a connection by the vendor's own rules, where key and address are not all there is; null: not configured. Missing: key and address decide. */
  connect?: (environment: ProvidersConfig['environment']) => Pick<Connection, 'baseUrl' | 'apiKey' | 'settings'> | null;
  /** Whether it keeps its own address where all providers are simulated: an operator named one. Missing: it never does. */
  isReal?: (environment: ProvidersConfig['environment']) => boolean;
  /** What an operator sets where `connect` finds nothing, without a full stop. */
  howToConfigure?: string;
  /** `settings` of calls to the simulated provider. */
  simulatedSettings?: Readonly<Record<string, string>>;
  create(connection: Connection): Provider;
}
