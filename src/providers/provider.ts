import type { BatchProvider } from './batch-provider.js';
import type { ProviderRequest, ProviderResponse } from './provider-call.js';

export type { ProviderRequest, ProviderResponse } from './provider-call.js';

export interface GenerateOptions {
  /** Aborts the HTTP request. */
  signal: AbortSignal;
  /** Milliseconds for the whole call; passing it is a `timeout` failure. */
  timeoutMs: number;
  /** Called with each piece of text as it comes; given only when the call streams. */
  onText?: (text: string) => void;
}

/**
 * The contract of a provider: one HTTP call, no retries of its own. Throws `ProviderFailure` and nothing else
 * (and the signal's reason when aborted from outside).
 */
export interface Provider {
  readonly name: string;
  /** Its batch interface; null: it has none, or none that Conclave speaks. */
  readonly batch: BatchProvider | null;
  generate(request: ProviderRequest, options: GenerateOptions): Promise<ProviderResponse>;
  /** The models its key may use, by the cheapest call there is: what start-up checks, pre-flight checks and `conclave models update` ask. */
  listModels(options: ListModelsOptions): Promise<ListedModel[]>;
}

export interface ListModelsOptions {
  signal: AbortSignal;
  /** Milliseconds for the whole list. */
  timeoutMs: number;
}

/** A model as the provider's own list tells it; null is unknown. */
export interface ListedModel {
  id: string;
  displayName: string | null;
  contextTokens: number | null;
  outputTokens: number | null;
}
