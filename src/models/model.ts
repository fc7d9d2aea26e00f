import type { CallPrice } from '../../domain/pricing/call-price.js';

export type Capability = 'tools' | 'images' | 'jsonSchema' | 'reasoning';

/** What may be sent at most; null: no limit of ours. */
export interface CallLimits {
  requestsPerMinute: number | null;
  /** Input and output together. */
  tokensPerMinute: number | null;
  /** Calls at the same time. */
  concurrent: number | null;
  /** Provider jobs at the same time. */
  maxInflightBatches: number | null;
  /** Of one provider job. */
  maxBatchInputTokens: number | null;
}

/** A model as the registry knows it; null is unknown, never "no". */
export interface Model {
  provider: string;
  /** The provider's own id. */
  id: string;
  displayName: string;
  /** Another name of this model of the same provider, whose price it has; null: it stands for itself. */
  aliasOf: string | null;
  /** False: refused and not listed. */
  isEnabled: boolean;
  batchSupport: boolean | null;
  contextTokens: number | null;
  /** Most tokens of one answer. */
  outputTokens: number | null;
  capabilities: Record<Capability, boolean | null>;
  /** Of this model, besides its provider's. */
  limits: CallLimits;
  /** Of a realtime call. */
  price: CallPrice | null;
  /** Of a line in a batch job: what the registry stores. */
  batchPrice: CallPrice | null;
  /** What a realtime call costs in terms of the batch price. */
  realtimeMultiplier: number;
  /** Whether someone checked the price against the provider's own page. */
  priceVerified: boolean;
  /** Who says so: models.yaml, by way of the database or not, or the API; null: the price is unknown. */
  priceOrigin: 'seed' | 'override' | null;
  /** When that price holds, milliseconds since the epoch; null: not in the database, or until further notice. */
  priceValidFrom: number | null;
  priceValidUntil: number | null;
  /** Id of the API key that set the price; null: models.yaml. */
  priceChangedBy: string | null;
  /** Names of the fields that were set through the API, `price` among them. */
  overridden: readonly string[];
}
