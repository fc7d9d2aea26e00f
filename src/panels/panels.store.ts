import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { PanelDefinition } from '../config/conclave-file.schema.js';

// Any constant: processes that start together take turns, so that a changed definition becomes one new version.
const panelsLock = 3_918_204_771;

/** The only place that speaks SQL about stored panels. */
@Injectable()
export class PanelsStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Stores each definition that differs from its newest version as the next one; returns the version in force by name. Order of keys does not matter. */
  async sync(panels: Readonly<Record<string, PanelDefinition>>): Promise<ReadonlyMap<string, number>> {
    return this.dataSource.transaction(async (tx) => {
      await tx.query('SELECT pg_advisory_xact_lock($1)', [panelsLock]);
      const versions = new Map<string, number>();
      for (const [name, definition] of Object.entries(panels)) {
        const rows = await tx.query<{ version: number }[]>(syncPanel, [name, JSON.stringify(definition)]);
        versions.set(name, rows[0]?.version ?? 0);
      }
      return versions;
    });
  }
}

const syncPanel = `
  WITH newest AS (SELECT version, definition FROM panels WHERE name = $1 ORDER BY version DESC LIMIT 1),
  added AS (
    INSERT INTO panels (name, version, definition)
    SELECT $1, coalesce((SELECT version FROM newest), 0) + 1, $2::jsonb
    WHERE NOT EXISTS (SELECT 1 FROM newest WHERE definition = $2::jsonb)
    RETURNING version)
  SELECT version FROM added
  UNION ALL
  SELECT version FROM newest WHERE NOT EXISTS (SELECT 1 FROM added)`;
