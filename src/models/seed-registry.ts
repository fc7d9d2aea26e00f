import type { QueryRunner } from 'typeorm';
import type { ModelRegistry } from '../config/model-registry.schema.js';
import { registryChannel } from './registry-channel.js';
import { hashOfPrices, seedPrices } from './seed-prices.js';

/**
 * Takes the prices of models.yaml over into the database, once per change of them: a price that changed or is gone closes its row, a changed or new one opens a row.
 * Overrides are not touched. The caller holds the migrations' lock. Returns how many rows were closed and opened; null: nothing had changed since the last time.
 */
export async function seedRegistry(runner: QueryRunner, registry: ModelRegistry): Promise<{ closed: number; opened: number } | null> {
  const prices = seedPrices(registry);
  const hash = hashOfPrices(prices);
  const last = (await runner.query('SELECT content_hash FROM registry_seeds ORDER BY id DESC LIMIT 1')) as { content_hash: string }[];
  if (last[0]?.content_hash === hash) return null;
  const rows = JSON.stringify(prices);
  await runner.startTransaction();
  try {
    const closed = (await runner.query(closeChanged, [rows])) as [unknown[], number];
    const opened = (await runner.query(openNew, [rows])) as unknown[];
    await runner.query('INSERT INTO registry_seeds (content_hash) VALUES ($1)', [hash]);
    await runner.query('SELECT pg_notify($1, $2)', [registryChannel, 'seed']);
    await runner.commitTransaction();
    return { closed: closed[1], opened: opened.length };
  } catch (error) {
    await runner.rollbackTransaction();
    throw error;
  }
}

const seed = `jsonb_to_recordset($1::jsonb) AS seed("provider" text, "model" text, "inputNanoUsdPerMillion" bigint, "outputNanoUsdPerMillion" bigint,
  "cachedInputNanoUsdPerMillion" bigint, "reasoningNanoUsdPerMillion" bigint, "realtimeMultiplier" numeric, "source" text, "sourceDate" date, "verified" boolean)`;
const seedValues = `seed."provider", seed."model", seed."inputNanoUsdPerMillion", seed."outputNanoUsdPerMillion", seed."cachedInputNanoUsdPerMillion", seed."reasoningNanoUsdPerMillion", seed."realtimeMultiplier", seed."source", seed."sourceDate", seed."verified"`;
const columns = 'provider, model, input_nano_usd_per_million, output_nano_usd_per_million, cached_input_nano_usd_per_million, reasoning_nano_usd_per_million, realtime_multiplier, source, source_date, verified';
const closeChanged = `
  UPDATE model_prices SET valid_until = now()
  WHERE origin = 'seed' AND valid_until IS NULL
    AND NOT EXISTS (SELECT 1 FROM ${seed} WHERE (${seedValues}) IS NOT DISTINCT FROM (${columns.split(', ').map((column) => `model_prices.${column}`).join(', ')}))`;
const openNew = `
  INSERT INTO model_prices (${columns}, origin, valid_from)
  SELECT ${seedValues}, 'seed', now() FROM ${seed}
  WHERE NOT EXISTS (SELECT 1 FROM model_prices open WHERE open.origin = 'seed' AND open.valid_until IS NULL AND open.provider = seed.provider AND open.model = seed.model)
  RETURNING id`;
