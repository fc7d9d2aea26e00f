import { createHash } from 'node:crypto';
import type { ModelRegistry } from '../config/model-registry.schema.js';
import type { PriceRecord } from './registry-records.js';

/** A price as models.yaml has it, for the database. */
export type SeedPrice = Omit<PriceRecord, 'id' | 'origin' | 'validFrom' | 'validUntil' | 'changedBy'>;

/** Every price of the registry at the batch rate, in integer nano-USD; an alias has the price of what it stands for. Models without a price have no entry. */
export function seedPrices(registry: ModelRegistry): SeedPrice[] {
  return Object.entries(registry.providers).flatMap(([provider, { models, realtime_multiplier: realtimeMultiplier }]) =>
    Object.entries(models).flatMap(([model, own]) => {
      const entry = own.alias_of === undefined ? own : (models[own.alias_of] ?? own);
      const source = registry.sources[entry.price_source ?? ''];
      if (entry.input_per_million === undefined || entry.output_per_million === undefined || source === undefined) return [];
      return [{
        provider,
        model,
        inputNanoUsdPerMillion: nanoUsd(entry.input_per_million),
        outputNanoUsdPerMillion: nanoUsd(entry.output_per_million),
        cachedInputNanoUsdPerMillion: entry.cached_input_per_million === undefined ? null : nanoUsd(entry.cached_input_per_million),
        reasoningNanoUsdPerMillion: entry.reasoning_per_million === undefined ? null : nanoUsd(entry.reasoning_per_million),
        realtimeMultiplier,
        source: source.source,
        sourceDate: source.date,
        verified: source.verified,
      }];
    }),
  );
}

/** sha256 (hex) of prices in any order: comments and other facts of the file do not matter. */
export function hashOfPrices(prices: readonly SeedPrice[]): string {
  const lines = prices.map((price) => JSON.stringify(Object.entries(price).sort(([left], [right]) => (left < right ? -1 : 1))));
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}

function nanoUsd(usd: number): number {
  return Math.round(usd * 1e9);
}
