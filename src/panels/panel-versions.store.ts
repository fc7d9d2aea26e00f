import type { Sql } from '../database/sql.js';

/** Versions of stored panels, for a process that plans without storing panels itself. */
export class PanelVersionsStore {
  constructor(private readonly sql: Sql) {}

  /** The version in force of each panel that was ever stored, by name. */
  async newest(): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.sql.query<{ name: string; version: number }>({ name: 'panel-versions', text: 'SELECT name, max(version) AS version FROM panels GROUP BY name' });
    return new Map(rows.map(({ name, version }) => [name, version]));
  }
}
