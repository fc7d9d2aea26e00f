import { loadModelRegistry } from '../config/model-registry.js';
import { openAiCompatible } from './openai-compatible.js';
import { ProviderFailure } from './provider-failure.js';
import type { Connection, ProviderAdapter } from './provider-adapter.js';
import type { Provider } from './provider.js';
import type { ProvidersConfig } from './providers-config.js';
import { providerAdapters } from './registry.js';

/** The providers of this process by name; each is built at its first use and kept, with its connections. */
export class ProvidersService {
  private readonly adapters: ReadonlyMap<string, ProviderAdapter>;
  private readonly aliases: ReadonlyMap<string, string>;
  private readonly built = new Map<string, Provider>();

  constructor(private readonly config: ProvidersConfig) {
    const present = providerAdapters.filter((adapter) => adapter.name !== 'simulated' || config.simulatedUrl !== null);
    const custom = config.customProviders.map((provider) => openAiCompatible({ name: provider.name }));
    this.adapters = new Map([...present, ...custom].map((adapter) => [adapter.name, adapter]));
    this.aliases = new Map(present.flatMap((adapter) => adapter.aliases.map((alias) => [alias, adapter.name] as const)));
  }

  /** Canonical names of all registered providers, configured or not. */
  names(): string[] {
    return [...this.adapters.keys()];
  }

  /** The canonical name of a provider or alias (`google` → `gemini`); null: nobody has that name. */
  resolveAlias(name: string): string | null {
    const canonical = this.aliases.get(name) ?? name;
    return this.adapters.has(canonical) ? canonical : null;
  }

  /** Whether calls to it can be made: it has its key, needs none, or is simulated. Aliases are understood. */
  isConfigured(name: string): boolean {
    const adapter = this.adapter(name);
    return adapter !== null && this.connection(adapter) !== null;
  }

  /** Whether the simulated provider answers for it. Aliases are understood. */
  isSimulated(name: string): boolean {
    const adapter = this.adapter(name);
    return adapter !== null && this.standsInFor(adapter) !== null;
  }

  /** What to do so that the provider can be used, such as `Set GROQ_API_KEY.`; empty where it is configured. */
  howToConfigure(name: string): string {
    const adapter = this.adapter(name);
    if (adapter === null) return `Provider '${name}' is not known; add it under 'providers' of conclave.yaml.`;
    if (this.connection(adapter) !== null) return '';
    if (adapter.howToConfigure !== undefined) return `${adapter.howToConfigure}, and start again.`;
    return `Set ${adapter.keyRequired ? (adapter.keyVariable ?? 'its key') : (adapter.baseUrlVariable ?? 'its address')} and start again.`;
  }

  /** The provider to call. Throws `not_found` for a name nobody has and `auth` for one without its key. */
  get(name: string): Provider {
    const adapter = this.adapter(name);
    if (adapter === null) throw new ProviderFailure({ code: 'not_found', provider: name, model: '', message: `There is no provider '${name}'. Known are: ${this.names().join(', ')}.` });
    const known = this.built.get(adapter.name);
    if (known !== undefined) return known;
    const connection = this.connection(adapter);
    if (connection === null)
      throw new ProviderFailure({ code: 'auth', provider: adapter.name, model: '', message: `Provider '${adapter.name}' is not configured. ${this.howToConfigure(adapter.name)}` });
    const provider = adapter.create({ ...connection, outputLimit: (model) => outputLimit(adapter.name, model) });
    this.built.set(adapter.name, provider);
    return provider;
  }

  private adapter(name: string): ProviderAdapter | null {
    const canonical = this.resolveAlias(name);
    return canonical === null ? null : (this.adapters.get(canonical) ?? null);
  }

  // Address of the simulated provider where it answers for this one, else null.
  private standsInFor(adapter: ProviderAdapter): string | null {
    const isReal = adapter.isReal?.(this.config.environment) === true;
    return !isReal && (this.config.simulated || adapter.name === 'simulated') ? this.config.simulatedUrl : null;
  }

  // null: not configured.
  private connection(adapter: ProviderAdapter): Connection | null {
    const { name } = adapter;
    const simulatedUrl = this.standsInFor(adapter);
    if (simulatedUrl !== null) return { name, baseUrl: `${simulatedUrl}/${name}${adapter.simulatedPath}`, apiKey: 'simulated', headers: {}, ...(adapter.simulatedSettings && { settings: adapter.simulatedSettings }) };
    const custom = this.config.customProviders.find((provider) => provider.name === name);
    if (custom !== undefined) return custom;
    if (adapter.connect !== undefined) {
      const found = adapter.connect(this.config.environment);
      return found && { name, headers: {}, ...found, baseUrl: found.baseUrl.replace(/\/+$/, '') };
    }
    const read = (variable: ProviderAdapter['keyVariable']): string | null => (variable === null ? null : (this.config.environment[variable] ?? null));
    const configured = read(adapter.baseUrlVariable) ?? adapter.defaultBaseUrl;
    const apiKey = read(adapter.keyVariable);
    if (configured === null || (adapter.keyRequired && apiKey === null)) return null;
    const baseUrl = configured.replace(/\/+$/, '');
    return { name, baseUrl: adapter.resolveBaseUrl?.(baseUrl) ?? baseUrl, apiKey, headers: {} };
  }
}

function outputLimit(provider: string, model: string): number | null {
  return loadModelRegistry().providers[provider]?.models[model]?.output_tokens ?? null;
}
