import type pg from 'pg';
import { healthy } from '../../domain/limits/provider-health.js';
import type { HealthPolicy } from '../../domain/limits/provider-health.js';
import type { LimitsOf, ProviderLimits } from '../../domain/limits/provider-limits.js';
import { Insurance } from './insurance.js';
import { healthBody, limitsBody, type LimitsInUse, type ProviderLimitsBody } from './limits-response.js';
import { requestsKey, tokensKey } from './provider-gate.js';
import { ProviderLimitsStore } from './provider-limits.store.js';
import { Rates } from './rates.js';

interface LimitsServiceParts {
  pool: pg.Pool;
  limitsOf: LimitsOf;
  policy: HealthPolicy;
  /** Every provider, and whether it can be called. */
  providers(): { name: string; isConfigured: boolean }[];
  /** Models that may have limits of their own. */
  models(provider: string): string[];
}

/** Tells how much of each limit is in use and how providers answer, over all workers. */
export class LimitsService {
  private readonly store: ProviderLimitsStore;
  private readonly rates: Rates;

  constructor(private readonly parts: LimitsServiceParts) {
    this.store = new ProviderLimitsStore(parts.pool);
    this.rates = new Rates(parts.pool, new Insurance());
  }

  /** Providers that can be called, have limits or have failed. */
  async list(): Promise<ProviderLimitsBody[]> {
    const [states, calls, batches] = await Promise.all([this.store.allHealth(), this.store.slotsInUse(), this.store.inflightBatches()]);
    const health = new Map(states.map((state) => [state.provider, state.health]));
    const entries = await Promise.all(
      this.parts.providers().map(async ({ name, isConfigured }) => {
        const limits = this.known(name, null);
        const models = this.parts.models(name).flatMap((model) => {
          const own = this.known(name, model);
          return own === null ? [] : [{ model, own }];
        });
        if (!isConfigured && limits === null && models.length === 0 && !health.has(name)) return [];
        const body = async (scope: string, allowed: ProviderLimits) => limitsBody(allowed, await this.inUse(scope, allowed, calls.get(scope) ?? 0, batches.get(scope) ?? 0));
        return [
          {
            provider: name,
            is_configured: isConfigured,
            ...healthBody(health.get(name) ?? healthy, this.parts.policy, Date.now()),
            limits: await body(name, limits ?? unlimited),
            models: await Promise.all(models.map(async ({ model, own }) => ({ model, limits: await body(`${name}/${model}`, own) }))),
          },
        ];
      }),
    );
    return entries.flat();
  }

  private known(provider: string, model: string | null): ProviderLimits | null {
    const limits = this.parts.limitsOf(provider, model);
    return limits === null || Object.values(limits).every((value) => value === null) ? null : limits;
  }

  private async inUse(scope: string, allowed: ProviderLimits, calls: number, batches: number): Promise<LimitsInUse> {
    const [requests, tokens] = await Promise.all([
      allowed.requestsPerMinute === null ? 0 : this.rates.count(requestsKey(scope)),
      allowed.tokensPerMinute === null ? 0 : this.rates.count(tokensKey(scope)),
    ]);
    return { requests, tokens, calls, batches };
  }
}

const unlimited: ProviderLimits = { requestsPerMinute: null, tokensPerMinute: null, concurrent: null, maxInflightBatches: null, maxBatchInputTokens: null };
