import { z } from 'zod';
import type { Model } from './model.js';

const price = z
  .object({
    input_usd_per_million: z.number(),
    output_usd_per_million: z.number(),
    cached_input_usd_per_million: z.number().nullable(),
    source: z.string(),
    date: z.string(),
  })
  .meta({ id: 'Price' });

/** A model of the registry. */
export const registryModelSchema = z
  .object({
    provider: z.string(),
    model: z.string(),
    display_name: z.string(),
    is_configured: z.boolean().describe('Whether its provider can be called'),
    is_default: z.boolean().describe('Whether the provider stands for this model where none is named'),
    context_tokens: z.int().nullable(),
    output_tokens: z.int().nullable(),
    capabilities: z.object({ tools: z.boolean().nullable(), images: z.boolean().nullable(), json_schema: z.boolean().nullable(), reasoning: z.boolean().nullable() }).describe('null: unknown'),
    batch_support: z.boolean().nullable(),
    price: price.nullable().describe('Of a realtime call; null: unknown'),
  })
  .meta({ id: 'RegistryModel' });
export const registryModelListSchema = z.object({ data: z.array(registryModelSchema) }).meta({ id: 'RegistryModelList' });
export type RegistryModelBody = z.infer<typeof registryModelSchema>;

/** A price of the registry, realtime and batch. */
export const priceSchema = z
  .object({ provider: z.string(), model: z.string(), realtime: price.nullable(), batch: price.nullable(), verified: z.boolean() })
  .meta({ id: 'ModelPrice' });
export const priceListSchema = z.object({ data: z.array(priceSchema) }).meta({ id: 'PriceList' });
export type PriceBody = z.infer<typeof priceSchema>;

/** What the registry says of a model, as `/api/models` shows it. */
export function registryModelBody(model: Model, facts: { isConfigured: boolean; isDefault: boolean }): RegistryModelBody {
  return {
    provider: model.provider,
    model: model.id,
    display_name: model.displayName,
    is_configured: facts.isConfigured,
    is_default: facts.isDefault,
    context_tokens: model.contextTokens,
    output_tokens: model.outputTokens,
    capabilities: {
      tools: model.capabilities.tools,
      images: model.capabilities.images,
      json_schema: model.capabilities.jsonSchema,
      reasoning: model.capabilities.reasoning,
    },
    batch_support: model.batchSupport,
    price: priceOf(model.price),
  };
}

/** The prices of a model, in US dollars per million tokens. */
export function priceBody(model: Model): PriceBody {
  return { provider: model.provider, model: model.id, realtime: priceOf(model.price), batch: priceOf(model.batchPrice), verified: model.priceVerified };
}

function priceOf(value: Model['price']): z.infer<typeof price> | null {
  return (
    value && {
      input_usd_per_million: value.inputNanoUsdPerMillion / 1e9,
      output_usd_per_million: value.outputNanoUsdPerMillion / 1e9,
      cached_input_usd_per_million: value.cachedInputNanoUsdPerMillion === null ? null : value.cachedInputNanoUsdPerMillion / 1e9,
      source: value.source,
      date: value.date,
    }
  );
}
