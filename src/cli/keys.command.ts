import Table from 'cli-table3';
import { KeysStore } from '../keys/keys.store.js';
import { withDatabase } from './find-database.js';

/** Creates a key and prints it: it can't be shown again. */
export async function createKey(name: string, requestsPerMinute: number | null): Promise<void> {
  const { key, row } = await withDatabase((dataSource) => new KeysStore(dataSource).create({ name, requestsPerMinute }));
  console.error(`Key ${row.id} for '${name}'. Keep it now, only its hash is stored:`);
  console.log(key);
}

export async function listKeys(): Promise<void> {
  const rows = await withDatabase((dataSource) => new KeysStore(dataSource).list());
  if (rows.length === 0) {
    console.log('No key exists: the service answers on loopback only, to anyone there. Create one with "conclave keys create <name>".');
    return;
  }
  const table = new Table({ head: ['id', 'name', 'begins with', 'requests/minute', 'created', 'revoked'], style: { head: [], border: [] } });
  for (const row of rows) {
    table.push([row.id, row.name, `${row.prefix}…`, row.requestsPerMinute === null ? 'no limit' : String(row.requestsPerMinute), row.createdAt.toISOString(), row.revokedAt?.toISOString() ?? '']);
  }
  console.log(table.toString());
}

/** Ends a key by id or name; running processes notice within seconds. */
export async function revokeKey(idOrName: string): Promise<void> {
  const revoked = await withDatabase((dataSource) => new KeysStore(dataSource).revoke(idOrName));
  if (revoked.length === 0) throw new Error(`No valid key has the id or name '${idOrName}'. "conclave keys list" shows them.`);
  console.log(`Revoked ${revoked.map((row) => `${row.id} (${row.name})`).join(', ')}.`);
}
