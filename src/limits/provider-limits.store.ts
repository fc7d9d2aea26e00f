import type { ProviderHealth } from '../../domain/limits/provider-health.js';
import type { Sql } from '../database/sql.js';

/** Channel on which workers tell each other how a provider answers; the payload is a `HealthNotification` as JSON. */
export const healthChannel = 'conclave_provider_health';

/** A provider's health as it is stored; `version` 0: it has no row. */
export interface StoredHealth {
  provider: string;
  health: ProviderHealth;
  version: number;
}

/** How providers answer, and places for calls: what workers share about providers besides counters. */
export class ProviderLimitsStore {
  constructor(private readonly sql: Sql) {}

  /** Of every provider that ever failed. */
  async allHealth(): Promise<StoredHealth[]> {
    return (await this.sql.query<StoredHealth>({ name: 'provider-health-all', text: 'SELECT provider, health, version FROM provider_states ORDER BY provider' })).rows;
  }

  /** null: it has no row. */
  async health(provider: string): Promise<StoredHealth | null> {
    const text = 'SELECT provider, health, version FROM provider_states WHERE provider = $1';
    return (await this.sql.query<StoredHealth>({ name: 'provider-health', text, values: [provider] })).rows[0] ?? null;
  }

  /** Writes what follows from `version` and tells the other workers; returns the new version, or null where another worker was faster. */
  async writeHealth({ provider, health, version }: StoredHealth): Promise<number | null> {
    const text = `
      WITH written AS (
        INSERT INTO provider_states (provider, health, version) VALUES ($1, $2, $3::integer + 1)
        ON CONFLICT (provider) DO UPDATE SET health = excluded.health, version = excluded.version WHERE provider_states.version = $3
        RETURNING provider, health, version)
      SELECT version, pg_notify('${healthChannel}', row_to_json(written)::text) FROM written`;
    const { rows } = await this.sql.query<{ version: number }>({ name: 'provider-health-write', text, values: [provider, JSON.stringify(health), version] });
    return rows[0]?.version ?? null;
  }

  /** Makes the places 1 to `limit` of a scope where they are missing. */
  async makeSlots(scope: string, limit: number): Promise<void> {
    const text = 'INSERT INTO provider_slots (scope, slot) SELECT $1, generate_series(1, $2::integer) ON CONFLICT DO NOTHING';
    await this.sql.query({ name: 'provider-slots-make', text, values: [scope, limit] });
  }

  /** Takes a free place among the first `limit` for `leaseMs`; null: there is none, or others are taking them at this moment. */
  async takeSlot(slot: { scope: string; limit: number; lease: string; leaseMs: number }): Promise<number | null> {
    const text = `
      UPDATE provider_slots SET lease = $3, expires_at = clock_timestamp() + $4 * interval '1 millisecond'
      WHERE (scope, slot) = (
        SELECT scope, slot FROM provider_slots WHERE scope = $1 AND slot <= $2 AND (expires_at IS NULL OR expires_at < clock_timestamp())
        ORDER BY slot LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING slot`;
    const { rows } = await this.sql.query<{ slot: number }>({ name: 'provider-slot-take', text, values: [slot.scope, slot.limit, slot.lease, slot.leaseMs] });
    return rows[0]?.slot ?? null;
  }

  /** Keeps places that are still held by these leases. */
  async prolongSlots(leases: string[], leaseMs: number): Promise<void> {
    const text = `UPDATE provider_slots SET expires_at = clock_timestamp() + $2 * interval '1 millisecond' WHERE lease = ANY($1)`;
    await this.sql.query({ name: 'provider-slots-prolong', text, values: [leases, leaseMs] });
  }

  /** Frees a place, unless it lapsed and somebody else has it. */
  async freeSlot(slot: { scope: string; slot: number; lease: string }): Promise<void> {
    const text = 'UPDATE provider_slots SET lease = NULL, expires_at = NULL WHERE scope = $1 AND slot = $2 AND lease = $3';
    await this.sql.query({ name: 'provider-slot-free', text, values: [slot.scope, slot.slot, slot.lease] });
  }

  /** Places in use by scope; scopes without any are missing. */
  async slotsInUse(): Promise<Map<string, number>> {
    const text = 'SELECT scope, count(*)::integer AS used FROM provider_slots WHERE expires_at > clock_timestamp() GROUP BY scope';
    const { rows } = await this.sql.query<{ scope: string; used: number }>({ text });
    return new Map(rows.map(({ scope, used }) => [scope, used]));
  }

  /** Batch jobs at each provider (`openai`) and of each model (`openai/gpt-4o`), by the index `provider_jobs_inflight`; those without any are missing. */
  async inflightBatches(): Promise<Map<string, number>> {
    const text = `SELECT provider, model, count(*)::integer AS jobs FROM provider_jobs WHERE mode = 'batch' AND status IN ('creating', 'running') GROUP BY GROUPING SETS ((provider), (provider, model))`;
    const { rows } = await this.sql.query<{ provider: string; model: string | null; jobs: number }>({ text });
    return new Map(rows.map(({ provider, model, jobs }) => [model === null ? provider : `${provider}/${model}`, jobs]));
  }
}
