import type { CallPrice } from '../../domain/pricing/call-price.js';
import type { SeedPrice } from './seed-prices.js';

/** What a call costs in terms of a price at the batch rate: `multiplier` 1 for a line of a provider job, the price's own for a realtime call. */
export function priceAt(price: SeedPrice, multiplier: number): CallPrice {
  const at = (nanoUsd: number): number => Math.round(nanoUsd * multiplier);
  const { cachedInputNanoUsdPerMillion: cached, reasoningNanoUsdPerMillion: reasoning } = price;
  return {
    inputNanoUsdPerMillion: at(price.inputNanoUsdPerMillion),
    outputNanoUsdPerMillion: at(price.outputNanoUsdPerMillion),
    cachedInputNanoUsdPerMillion: cached === null ? null : at(cached),
    // Left out where it is unknown: prices stored with calls have had no such field.
    ...(reasoning === null ? {} : { reasoningNanoUsdPerMillion: at(reasoning) }),
    source: price.source,
    date: price.sourceDate,
  };
}
