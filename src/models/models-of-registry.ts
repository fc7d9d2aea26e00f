import type { CallPrice } from '../../domain/pricing/call-price.js';
import type { ModelRegistry } from '../config/model-registry.schema.js';
import type { Model } from './model.js';

type ProviderEntry = ModelRegistry['providers'][string];
type ModelEntry = ProviderEntry['models'][string];

/** The registry's models in the product's own shape, prices in nano-USD for both rates. */
export function modelsOf(registry: ModelRegistry): Model[] {
  return Object.entries(registry.providers).flatMap(([provider, { models, realtime_multiplier: multiplier }]) =>
    Object.entries(models).map(([id, entry]) => ({
      provider,
      id,
      displayName: entry.display_name,
      batchSupport: entry.batch_support ?? null,
      contextTokens: entry.context_tokens ?? null,
      outputTokens: entry.output_tokens ?? null,
      capabilities: {
        tools: entry.capabilities.tools ?? null,
        images: entry.capabilities.images ?? null,
        jsonSchema: entry.capabilities.json_schema ?? null,
        reasoning: entry.capabilities.reasoning ?? null,
      },
      price: priceAt(multiplier, entry, registry),
      batchPrice: priceAt(1, entry, registry),
      priceVerified: registry.sources[entry.price_source ?? '']?.verified ?? false,
    })),
  );
}

function priceAt(multiplier: number, entry: ModelEntry, registry: ModelRegistry): CallPrice | null {
  const source = registry.sources[entry.price_source ?? ''];
  if (entry.input_per_million === undefined || entry.output_per_million === undefined || source === undefined) return null;
  const nanoUsd = (usd: number): number => Math.round(usd * 1e9 * multiplier);
  return {
    inputNanoUsdPerMillion: nanoUsd(entry.input_per_million),
    outputNanoUsdPerMillion: nanoUsd(entry.output_per_million),
    cachedInputNanoUsdPerMillion: entry.cached_input_per_million === undefined ? null : nanoUsd(entry.cached_input_per_million),
    source: source.source,
    date: source.date,
  };
}
