import type { ModelRegistry } from '../config/model-registry.schema.js';
import { noLimits, withLimits } from './call-limits.js';
import type { Model } from './model.js';
import { priceAt } from './price-at.js';
import { holdsAt, type OverrideRecord, type PriceRecord, type RegistryRecords } from './registry-records.js';
import { seedPrices, type SeedPrice } from './seed-prices.js';

type ModelEntry = ModelRegistry['providers'][string]['models'][string];
type AnyPrice = SeedPrice | PriceRecord;

/** The registry as it is at one time. */
export interface ComposedRegistry {
  /** Those of models.yaml in its order, then those that only the database knows. */
  models: Model[];
  /** Default model by provider, where one was set through the API. */
  defaultModels: ReadonlyMap<string, string>;
  /** When something begins or ceases to hold, milliseconds since the epoch; null: nothing is known to change. */
  nextChangeAt: number | null;
}

/** Puts together what models.yaml and the database say of each model at a time. A price that the database does not have is models.yaml's own. */
export function composeModels(registry: ModelRegistry, records: RegistryRecords, at: number): ComposedRegistry {
  const priceOf = pricesAt(registry, records, at);
  const overrides = records.overrides.filter((row) => holdsAt(row, at));
  const models = referencesOf(registry, records).map(({ provider, id }) => {
    const entries = registry.providers[provider]?.models ?? {};
    const target = entries[id]?.alias_of ?? null;
    const known = modelOf({ provider, id, entry: entries[id], target: entries[target ?? id], targetId: target });
    const priced = withPrice(known, priceOf(provider, id, target), registry.providers[provider]?.realtime_multiplier ?? 2);
    // An alias of a disabled model is disabled, unless it was expressly enabled.
    const ofTarget = overrides.filter((row) => row.provider === provider && row.model === target && row.field === 'enabled');
    const own = overrides.filter((row) => row.provider === provider && row.model === id);
    return own.reduce(withOverride, { ...ofTarget.reduce(withOverride, priced), overridden: priced.overridden });
  });
  const defaultModels = new Map(overrides.flatMap((row) => (row.field === 'default_model' ? [[row.provider, row.value]] : [])));
  return { models, defaultModels, nextChangeAt: nextChange(records, at) };
}

function referencesOf(registry: ModelRegistry, { prices, overrides }: RegistryRecords): { provider: string; id: string }[] {
  const inFile = Object.entries(registry.providers).flatMap(([provider, { models }]) => Object.keys(models).map((id) => ({ provider, id })));
  const inDatabase = [...prices, ...overrides].flatMap(({ provider, model }) => (model === '' ? [] : [{ provider, id: model }]));
  return [...new Map([...inFile, ...inDatabase].map((reference) => [`${reference.provider}/${reference.id}`, reference])).values()];
}

// Overrides before seeds, later ones before earlier ones; an alias has what its target has, unless it was given an override of its own.
function pricesAt(registry: ModelRegistry, records: RegistryRecords, at: number): (provider: string, id: string, target: string | null) => AnyPrice | null {
  const file = new Map<string, AnyPrice>(seedPrices(registry).map((price) => [`${price.provider}/${price.model}`, price]));
  const seeds = new Map<string, AnyPrice>();
  const overrides = new Map<string, AnyPrice>();
  for (const row of records.prices) if (holdsAt(row, at)) (row.origin === 'seed' ? seeds : overrides).set(`${row.provider}/${row.model}`, row);
  return (provider, id, target) => {
    const standing = `${provider}/${target ?? id}`;
    return overrides.get(`${provider}/${id}`) ?? overrides.get(standing) ?? seeds.get(standing) ?? file.get(standing) ?? null;
  };
}

function modelOf({ provider, id, entry, target, targetId }: { provider: string; id: string; entry: ModelEntry | undefined; target: ModelEntry | undefined; targetId: string | null }): Model {
  const can = { ...target?.capabilities, ...entry?.capabilities };
  return {
    provider,
    id,
    displayName: entry?.display_name ?? id,
    aliasOf: targetId,
    isEnabled: true,
    batchSupport: entry?.batch_support ?? target?.batch_support ?? null,
    contextTokens: entry?.context_tokens ?? target?.context_tokens ?? null,
    outputTokens: entry?.output_tokens ?? target?.output_tokens ?? null,
    capabilities: { tools: can.tools ?? null, images: can.images ?? null, jsonSchema: can.json_schema ?? null, reasoning: can.reasoning ?? null },
    limits: withLimits(noLimits, entry?.limits),
    price: null,
    batchPrice: null,
    realtimeMultiplier: 1,
    priceVerified: false,
    priceOrigin: null,
    priceValidFrom: null,
    priceValidUntil: null,
    priceChangedBy: null,
    overridden: [],
  };
}

function withPrice(model: Model, price: AnyPrice | null, multiplier: number): Model {
  if (price === null) return { ...model, realtimeMultiplier: multiplier };
  const isOverride = 'origin' in price && price.origin === 'override';
  return {
    ...model,
    price: priceAt(price, price.realtimeMultiplier),
    batchPrice: priceAt(price, 1),
    realtimeMultiplier: price.realtimeMultiplier,
    priceVerified: price.verified,
    priceOrigin: isOverride ? 'override' : 'seed',
    priceValidFrom: 'validFrom' in price ? price.validFrom : null,
    priceValidUntil: 'validUntil' in price ? price.validUntil : null,
    priceChangedBy: 'changedBy' in price ? price.changedBy : null,
    overridden: isOverride ? [...model.overridden, 'price'] : model.overridden,
  };
}

function withOverride(model: Model, row: OverrideRecord): Model {
  const overridden = [...new Set([...model.overridden, row.field])];
  switch (row.field) {
    case 'enabled':
      return { ...model, overridden, isEnabled: row.value };
    case 'display_name':
      return { ...model, overridden, displayName: row.value };
    case 'batch_support':
      return { ...model, overridden, batchSupport: row.value };
    case 'context_tokens':
      return { ...model, overridden, contextTokens: row.value };
    case 'output_tokens':
      return { ...model, overridden, outputTokens: row.value };
    case 'capabilities': {
      const { tools, images, json_schema: jsonSchema, reasoning } = row.value;
      const before = model.capabilities;
      return { ...model, overridden, capabilities: { tools: tools ?? before.tools, images: images ?? before.images, jsonSchema: jsonSchema ?? before.jsonSchema, reasoning: reasoning ?? before.reasoning } };
    }
    case 'limits':
      return { ...model, overridden, limits: withLimits(model.limits, row.value) };
    case 'default_model':
      return model;
    default: {
      const never: never = row;
      return never;
    }
  }
}

function nextChange({ prices, overrides }: RegistryRecords, at: number): number | null {
  const times = [...prices, ...overrides].flatMap(({ validFrom, validUntil }) => (validUntil === null ? [validFrom] : [validFrom, validUntil])).filter((time) => time > at);
  return times.length === 0 ? null : Math.min(...times);
}
