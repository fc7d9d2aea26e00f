import type { Provider } from './provider.js';
import type { ProviderVariable } from './providers-config.js';

/** How to reach a provider, all resolved. */
export interface Connection {
  /** The provider's canonical name. */
  name: string;
  baseUrl: string;
  /** null: it needs none. */
  apiKey: string | null;
  headers: Readonly<Record<string, string>>;
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
  create(connection: Connection): Provider;
}
