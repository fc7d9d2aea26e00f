import type { PriceOrigin } from './model-price.entity.js';
import type { StoredOverride } from './override-fields.js';

/** When something holds: from `validFrom` on and before `validUntil`, milliseconds since the epoch; null: until further notice. */
export interface Validity {
  validFrom: number;
  validUntil: number | null;
}

/** A row of `model_prices`; prices at the batch rate in nano-USD per million tokens. */
export interface PriceRecord extends Validity {
  id: number;
  provider: string;
  model: string;
  origin: PriceOrigin;
  inputNanoUsdPerMillion: number;
  outputNanoUsdPerMillion: number;
  cachedInputNanoUsdPerMillion: number | null;
  reasoningNanoUsdPerMillion: number | null;
  realtimeMultiplier: number;
  source: string;
  /** ISO date. */
  sourceDate: string;
  verified: boolean;
  changedBy: string | null;
}

/** A row of `model_overrides`; `model` is empty where it is the provider's. */
export type OverrideRecord = Validity & StoredOverride & { id: number; provider: string; model: string };

/** What the database adds to models.yaml: every row that holds now or later, in the order of writing. */
export interface RegistryRecords {
  prices: readonly PriceRecord[];
  overrides: readonly OverrideRecord[];
}

/** Whether something holds at a time. */
export function holdsAt({ validFrom, validUntil }: Validity, at: number): boolean {
  return validFrom <= at && (validUntil === null || at < validUntil);
}
