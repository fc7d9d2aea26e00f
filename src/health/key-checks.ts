import { LRUCache } from 'lru-cache';
import type { ModelsService } from '../models/models.service.js';
import { providerAdapters } from '../providers/registry.js';
import type { ProvidersService } from '../providers/providers.service.js';
import { healthOfFailure, type PreflightFault, type ProviderHealth } from './provider-health.js';

const patienceMs = 5_000;
/** Jobs that start together share a check; a mended key is noticed within this. */
const goodForMs = 60_000;
const badForMs = 5_000;

/** Asks providers for their list of models, the cheapest call there is: one attempt, a few seconds, no money. Needs no framework, so that the command line uses it too. */
export class KeyChecks {
  private readonly known = new LRUCache<string, ProviderHealth>({ max: 100, fetchMethod: async (provider, _stale, { options }) => {
    const health = await this.ask(provider);
    options.ttl = health.status === 'ok' ? goodForMs : badForMs;
    return health;
  }, ttl: badForMs });

  constructor(
    private readonly providers: ProvidersService,
    private readonly models: Pick<ModelsService, 'isDisabled'>,
    /** Variable of a provider's key, to tell where a wrong one stands. */
    private readonly keyVariable: (provider: string) => string | null,
  ) {}

  /** Asks each of them now, side by side; without names those that are configured. Never throws. */
  async check(names: readonly string[] = this.configured()): Promise<ProviderHealth[]> {
    return Promise.all(
      names.map(async (name) => {
        const health = await this.ask(this.providers.resolveAlias(name) ?? name);
        this.known.set(health.provider, health, { ttl: health.status === 'ok' ? goodForMs : badForMs });
        return health;
      }),
    );
  }

  /** What stands in the way of calling these models: one fault per provider, and one per disabled model. A server of one's own need not have a list of models. An answer of the last minute counts. Never throws. */
  async preflight(targets: readonly { provider: string; model: string }[]): Promise<PreflightFault[]> {
    const disabled = targets.filter(({ provider, model }) => this.models.isDisabled(provider, model)).map(({ provider, model }): PreflightFault => ({
      provider, model, code: 'model_disabled', mayPass: false, message: `Model '${provider}/${model}' is disabled. Enable it with "conclave models enable ${provider}/${model}".`,
    }));
    const names = [...new Set(targets.map(({ provider }) => this.providers.resolveAlias(provider) ?? provider))];
    const healths = await Promise.all(names.map((name) => this.known.forceFetch(name)));
    return [...disabled, ...healths.flatMap(({ provider, status, message }): PreflightFault[] => (status === 'ok' || (status === 'not_found' && isCustom(provider)) ? [] : [{ provider, model: null, code: status, mayPass: status === 'down' || status === 'failed', message }]))];
  }

  private configured(): string[] {
    return this.providers.names().filter((name) => this.providers.isConfigured(name));
  }

  private async ask(provider: string): Promise<ProviderHealth> {
    const startedAt = Date.now();
    const facts = { provider, http_status: null, models: null };
    const rest = () => ({ took_ms: Date.now() - startedAt, checked_at: new Date().toISOString() });
    if (!this.providers.isConfigured(provider)) return { ...facts, status: 'not_configured', message: `Provider '${provider}' is not configured. ${this.providers.howToConfigure(provider)}`, ...rest() };
    try {
      const models = await this.providers.get(provider).listModels({ signal: new AbortController().signal, timeoutMs: patienceMs });
      return { ...facts, status: 'ok', message: `Provider '${provider}' answers and takes its key.`, models: models.length, ...rest() };
    } catch (error) {
      return { ...facts, ...healthOfFailure(provider, error, this.keyVariable(provider)), ...rest() };
    }
  }
}

function isCustom(provider: string): boolean {
  return providerAdapters.every(({ name }) => name !== provider);
}
