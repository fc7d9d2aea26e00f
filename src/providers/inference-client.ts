import type { CallPrice } from '../../domain/pricing/call-price.js';
import type { ListedModel, Provider, ProviderRequest, ProviderResponse } from './provider.js';

/** What the facade stands on. */
export interface InferenceParts {
  provider(name: string): Provider;
  /** Canonical names of the providers that can be called. */
  configured(): string[];
  /** Models with known prices, by provider; null: unknown price. */
  models(provider: string): { id: string; price: CallPrice | null }[];
}

/** The providers as runs use them, whichever of them `run.provider` names: one call, the models there are, and what they cost. A thin facade over the registry; it keeps no limits and records nothing. */
export class InferenceClient {
  constructor(private readonly parts: InferenceParts) {}

  /** One call. Throws `ProviderFailure`. */
  runInference({ provider, ...request }: ProviderRequest & { provider: string }, options: { timeoutMs: number; signal?: AbortSignal }): Promise<ProviderResponse> {
    return this.parts.provider(provider).generate(request, { timeoutMs: options.timeoutMs, signal: options.signal ?? new AbortController().signal });
  }

  /** The models that the provider's key may use. Throws `ProviderFailure`. */
  listModels(provider: string, options: { timeoutMs: number; signal?: AbortSignal }): Promise<ListedModel[]> {
    return this.parts.provider(provider).listModels({ timeoutMs: options.timeoutMs, signal: options.signal ?? new AbortController().signal });
  }

  /** Prices by `provider/model`, of one provider or of all that can be called; null: unknown. */
  getPricingMap(provider?: string): Map<string, CallPrice | null> {
    const names = provider === undefined ? this.parts.configured() : [provider];
    return new Map(names.flatMap((name) => this.parts.models(name).map(({ id, price }) => [`${name}/${id}`, price] as const)));
  }
}
