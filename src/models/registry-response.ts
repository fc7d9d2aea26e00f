import { z } from 'zod';
import type { CallPrice } from '../../domain/pricing/call-price.js';
import type { CallLimits, Model } from './model.js';
import type { PriceRecord } from './registry-records.js';

const price = z
  .object({
    input_usd_per_million: z.number(),
    output_usd_per_million: z.number(),
    cached_input_usd_per_million: z.number().nullable().describe('null: like other input'),
    reasoning_usd_per_million: z.number().nullable().describe('null: like other output'),
    source: z.string(),
    date: z.string(),
  })
  .meta({ id: 'Price' });
const limit = z.int().nullable();

/** A model of the registry. */
export const registryModelSchema = z
  .object({
    provider: z.string(),
    model: z.string(),
    display_name: z.string(),
    alias_of: z.string().nullable().describe('The model of the same provider that this is another name of'),
    enabled: z.boolean().describe('false: refused'),
    is_configured: z.boolean().describe('Whether its provider can be called'),
    is_default: z.boolean().describe('Whether the provider stands for this model where none is named'),
    context_tokens: z.int().nullable(),
    output_tokens: z.int().nullable(),
    capabilities: z.object({ tools: z.boolean().nullable(), images: z.boolean().nullable(), json_schema: z.boolean().nullable(), reasoning: z.boolean().nullable() }).describe('null: unknown'),
    batch_support: z.boolean().nullable(),
    limits: z.object({ requests_per_minute: limit, tokens_per_minute: limit, concurrent: limit, max_inflight_batches: limit, max_batch_input_tokens: limit }).describe("Of this model, besides its provider's; null: none"),
    price: price.nullable().describe('Of a realtime call; null: unknown'),
    batch_price: price.nullable().describe('Of a line in a provider job; null: unknown'),
    price_verified: z.boolean(),
    overridden: z.array(z.string()).describe('Fields that were set through the API; the others are those of models.yaml'),
  })
  .meta({ id: 'RegistryModel' });
const cursor = z.string().nullable().describe('Cursor of the next page; null: this is the last one');
export const registryModelListSchema = z.object({ data: z.array(registryModelSchema), next_cursor: cursor }).meta({ id: 'RegistryModelList' });
export type RegistryModelBody = z.infer<typeof registryModelSchema>;

/** A price of the registry, realtime and batch. */
export const priceSchema = z
  .object({
    provider: z.string(),
    model: z.string(),
    realtime: price.nullable(),
    batch: price.nullable(),
    realtime_multiplier: z.number(),
    verified: z.boolean(),
    origin: z.enum(['seed', 'override']).nullable().describe('`seed`: models.yaml; `override`: set through the API; null: unknown price'),
    valid_from: z.string().nullable().describe('null: models.yaml of this process, not in the database'),
    valid_until: z.string().nullable().describe('null: until further notice'),
    changed_by: z.string().nullable().describe('Id of the API key that set it'),
  })
  .meta({ id: 'ModelPrice' });
export const priceListSchema = z.object({ data: z.array(priceSchema), next_cursor: cursor }).meta({ id: 'PriceList' });
export type PriceBody = z.infer<typeof priceSchema>;

/** `GET /api/models/{provider}/{model}`. */
export const modelDetailSchema = registryModelSchema.extend({ prices: z.array(priceSchema).describe('The history of its price, newest first, at most 50') }).meta({ id: 'RegistryModelDetail' });
export type ModelDetailBody = z.infer<typeof modelDetailSchema>;

/** What the registry says of a model, as `/api/models` shows it. */
export function registryModelBody(model: Model, facts: { isConfigured: boolean; isDefault: boolean }): RegistryModelBody {
  return {
    provider: model.provider,
    model: model.id,
    display_name: model.displayName,
    alias_of: model.aliasOf,
    enabled: model.isEnabled,
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
    limits: limitsOf(model.limits),
    price: callPriceBody(model.price),
    batch_price: callPriceBody(model.batchPrice),
    price_verified: model.priceVerified,
    overridden: [...model.overridden],
  };
}

/** The price of a model now. */
export function priceBody(model: Model): PriceBody {
  return {
    provider: model.provider,
    model: model.id,
    realtime: callPriceBody(model.price),
    batch: callPriceBody(model.batchPrice),
    realtime_multiplier: model.realtimeMultiplier,
    verified: model.priceVerified,
    origin: model.priceOrigin,
    valid_from: isoTime(model.priceValidFrom),
    valid_until: isoTime(model.priceValidUntil),
    changed_by: model.priceChangedBy,
  };
}

/** One row of the history of prices. */
export function priceRecordBody(row: PriceRecord, prices: { realtime: CallPrice; batch: CallPrice }): PriceBody {
  return {
    provider: row.provider,
    model: row.model,
    realtime: callPriceBody(prices.realtime),
    batch: callPriceBody(prices.batch),
    realtime_multiplier: row.realtimeMultiplier,
    verified: row.verified,
    origin: row.origin,
    valid_from: isoTime(row.validFrom),
    valid_until: isoTime(row.validUntil),
    changed_by: row.changedBy,
  };
}

function limitsOf({ requestsPerMinute, tokensPerMinute, concurrent, maxInflightBatches, maxBatchInputTokens }: CallLimits): RegistryModelBody['limits'] {
  return { requests_per_minute: requestsPerMinute, tokens_per_minute: tokensPerMinute, concurrent, max_inflight_batches: maxInflightBatches, max_batch_input_tokens: maxBatchInputTokens };
}

function callPriceBody(value: CallPrice | null): z.infer<typeof price> | null {
  const usd = (nanoUsd: number | null | undefined): number | null => (nanoUsd === null || nanoUsd === undefined ? null : nanoUsd / 1e9);
  return (
    value && {
      input_usd_per_million: value.inputNanoUsdPerMillion / 1e9,
      output_usd_per_million: value.outputNanoUsdPerMillion / 1e9,
      cached_input_usd_per_million: usd(value.cachedInputNanoUsdPerMillion),
      reasoning_usd_per_million: usd(value.reasoningNanoUsdPerMillion),
      source: value.source,
      date: value.date,
    }
  );
}

function isoTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
