import type { Sql } from '../database/sql.js';
import type { StoredOverride } from './override-fields.js';
import { registryChannel } from './registry-channel.js';
import type { OverrideRecord, PriceRecord, RegistryRecords, Validity } from './registry-records.js';

/** A price to be set: at the batch rate. */
export type NewPrice = Omit<PriceRecord, 'id' | 'origin' | 'provider' | 'model' | 'changedBy' | keyof Validity>;

/** What is to be set for a model from a time on; null as value or price takes what was set off from that time on. */
export interface RegistryChange {
  provider: string;
  model: string;
  /** Missing: the price stays as it is. */
  price?: NewPrice | null;
  overrides: (StoredOverride | { field: StoredOverride['field']; value: null })[];
  /** Milliseconds since the epoch. */
  validFrom: number;
  validUntil: number | null;
  changedBy: string;
}

/** Which rows of the price history to list; `before` is the id of the last row seen. */
export interface PriceFilter {
  provider: string | null;
  model: string | null;
  limit: number;
  before: number | null;
}

/** The only place that speaks SQL about prices and overrides. */
export class RegistryStore {
  constructor(private readonly sql: Sql) {}

  /** Every price and override that holds now or later (indices `model_prices_open`, `model_overrides_open`), in the order of writing. An hour of grace covers clocks that differ. */
  async records(): Promise<RegistryRecords> {
    const { rows } = await this.sql.query<{ prices: PriceRow[]; overrides: OverrideRow[] }>({ name: 'registry-records', text: readRecords });
    return { prices: (rows[0]?.prices ?? []).map(priceOf), overrides: (rows[0]?.overrides ?? []).map(overrideOf) };
  }

  /** The history of prices, newest row first, closed ones too (primary key, or index `model_prices_model`). */
  async history({ provider, model, limit, before }: PriceFilter): Promise<PriceRecord[]> {
    const { rows } = await this.sql.query<PriceRow>({
      text: `SELECT ${priceColumns} FROM model_prices
        WHERE ($1::text IS NULL OR provider = $1) AND ($2::text IS NULL OR model = $2) AND ($3::bigint IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
      values: [provider, model, before, limit],
    });
    return rows.map(priceOf);
  }

  /** The price of each model that was in force at a time, by provider and model; overrides before seeds, later ones before earlier ones. `after` is the last `provider/model` seen. */
  async pricesAt(at: number, { provider, model, limit, after }: Omit<PriceFilter, 'before'> & { after: { provider: string; model: string } | null }): Promise<PriceRecord[]> {
    const { rows } = await this.sql.query<PriceRow>({
      text: `SELECT DISTINCT ON (provider, model) ${priceColumns} FROM model_prices
        WHERE valid_from <= $1 AND (valid_until IS NULL OR valid_until > $1) AND ($2::text IS NULL OR provider = $2) AND ($3::text IS NULL OR model = $3)
          AND ($4::text IS NULL OR (provider, model) > ($4, $5))
        ORDER BY provider, model, origin = 'override' DESC, id DESC LIMIT $6`,
      values: [new Date(at), provider, model, after?.provider ?? null, after?.model ?? '', limit],
    });
    return rows.map(priceOf);
  }

  /** Writes a change, in one statement, and tells the processes. */
  async change(change: RegistryChange): Promise<void> {
    const { provider, model, price, overrides, validFrom, validUntil, changedBy } = change;
    // A default model is its provider's; the row of the provider has no model.
    const rows = overrides.map((row) => ({ field: row.field, value: row.value, model: row.field === 'default_model' ? '' : model }));
    await this.sql.query({
      text: changeRegistry,
      values: [provider, model, JSON.stringify(rows), price === null, price === undefined || price === null ? null : JSON.stringify(price), new Date(validFrom), validUntil === null ? null : new Date(validUntil), changedBy, registryChannel],
    });
  }
}

const mayHold = `valid_until IS NULL OR valid_until > now() - interval '1 hour'`;
const milliseconds = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;
const overrideColumns = `id, provider, model, field, value, ${milliseconds('valid_from')} AS "validFrom", ${milliseconds('valid_until')} AS "validUntil"`;
const priceColumns = `id, provider, model, origin, input_nano_usd_per_million AS "inputNanoUsdPerMillion", output_nano_usd_per_million AS "outputNanoUsdPerMillion",
  cached_input_nano_usd_per_million AS "cachedInputNanoUsdPerMillion", reasoning_nano_usd_per_million AS "reasoningNanoUsdPerMillion", realtime_multiplier::float8 AS "realtimeMultiplier",
  source, source_date::text AS "sourceDate", verified, changed_by AS "changedBy", ${milliseconds('valid_from')} AS "validFrom", ${milliseconds('valid_until')} AS "validUntil"`;

// One statement, so that a change is seen whole.
const readRecords = `
  SELECT (SELECT coalesce(json_agg(row_to_json(price) ORDER BY price.id), '[]') FROM (SELECT ${priceColumns} FROM model_prices WHERE ${mayHold}) price) AS prices,
    (SELECT coalesce(json_agg(row_to_json(override) ORDER BY override.id), '[]') FROM (SELECT ${overrideColumns} FROM model_overrides WHERE ${mayHold}) override) AS overrides`;

const changeRegistry = `
  WITH asked AS (SELECT * FROM jsonb_to_recordset($3::jsonb) AS asked("field" text, "value" jsonb, "model" text)),
  taken_off AS (
    UPDATE model_overrides SET valid_until = greatest(valid_from, $6::timestamptz)
    FROM asked WHERE asked.value IS NULL AND model_overrides.provider = $1 AND model_overrides.model = asked.model AND model_overrides.field = asked.field
      AND (asked.model <> '' OR model_overrides.value = to_jsonb($2::text)) AND (valid_until IS NULL OR valid_until > $6::timestamptz)),
  set_fields AS (
    INSERT INTO model_overrides (provider, model, field, value, valid_from, valid_until, changed_by)
    SELECT $1, asked.model, asked.field, asked.value, $6, $7, $8 FROM asked WHERE asked.value IS NOT NULL),
  price_taken_off AS (
    UPDATE model_prices SET valid_until = greatest(valid_from, $6::timestamptz)
    WHERE $4::boolean AND origin = 'override' AND provider = $1 AND model = $2 AND (valid_until IS NULL OR valid_until > $6::timestamptz)),
  price_set AS (
    INSERT INTO model_prices (provider, model, origin, input_nano_usd_per_million, output_nano_usd_per_million, cached_input_nano_usd_per_million, reasoning_nano_usd_per_million,
      realtime_multiplier, source, source_date, verified, valid_from, valid_until, changed_by)
    SELECT $1, $2, 'override', "inputNanoUsdPerMillion", "outputNanoUsdPerMillion", "cachedInputNanoUsdPerMillion", "reasoningNanoUsdPerMillion", "realtimeMultiplier", "source", "sourceDate", "verified", $6, $7, $8
    FROM jsonb_to_record($5::jsonb) AS price("inputNanoUsdPerMillion" bigint, "outputNanoUsdPerMillion" bigint, "cachedInputNanoUsdPerMillion" bigint, "reasoningNanoUsdPerMillion" bigint,
      "realtimeMultiplier" numeric, "source" text, "sourceDate" date, "verified" boolean) WHERE $5::jsonb IS NOT NULL)
  SELECT pg_notify($9, 'override')`;

// Big integers are strings in columns and numbers in JSON.
type BigInteger = string | number;
interface PriceRow extends Omit<PriceRecord, 'id' | `${string}NanoUsdPerMillion`> {
  id: BigInteger;
  inputNanoUsdPerMillion: BigInteger;
  outputNanoUsdPerMillion: BigInteger;
  cachedInputNanoUsdPerMillion: BigInteger | null;
  reasoningNanoUsdPerMillion: BigInteger | null;
}
// The column holds what `change` wrote: a value of its field.
type OverrideRow = Omit<OverrideRecord, 'id'> & { id: BigInteger };

function priceOf(row: PriceRow): PriceRecord {
  return {
    ...row,
    id: Number(row.id),
    inputNanoUsdPerMillion: Number(row.inputNanoUsdPerMillion),
    outputNanoUsdPerMillion: Number(row.outputNanoUsdPerMillion),
    cachedInputNanoUsdPerMillion: row.cachedInputNanoUsdPerMillion === null ? null : Number(row.cachedInputNanoUsdPerMillion),
    reasoningNanoUsdPerMillion: row.reasoningNanoUsdPerMillion === null ? null : Number(row.reasoningNanoUsdPerMillion),
  };
}

function overrideOf(row: OverrideRow): OverrideRecord {
  // `field` and `value` belong together in every row.
  return { ...row, id: Number(row.id) } as OverrideRecord;
}
