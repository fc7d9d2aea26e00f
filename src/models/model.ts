import type { CallPrice } from '../../domain/pricing/call-price.js';

export type Capability = 'tools' | 'images' | 'jsonSchema' | 'reasoning';

/** A model as the registry knows it; null is unknown, never "no". */
export interface Model {
  provider: string;
  /** The provider's own id. */
  id: string;
  displayName: string;
  batchSupport: boolean | null;
  contextTokens: number | null;
  /** Most tokens of one answer. */
  outputTokens: number | null;
  capabilities: Record<Capability, boolean | null>;
  /** Of a realtime call. */
  price: CallPrice | null;
  /** Of a line in a batch job: what the registry stores. */
  batchPrice: CallPrice | null;
  /** Whether someone checked the price against the provider's own page. */
  priceVerified: boolean;
}
