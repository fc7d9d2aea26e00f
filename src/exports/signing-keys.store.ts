import { Inject, Injectable } from '@nestjs/common';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';

/** A key that signs or signed exports here; `publicKey` is base64 of 32 bytes. */
export interface KnownKey {
  id: string;
  publicKey: string;
  createdAt: Date;
  retiredAt: Date | null;
}

/** The list of keys. */
@Injectable()
export class SigningKeysStore {
  constructor(@Inject(POSTGRES_POOL) private readonly sql: Sql) {}

  /** Notes that this key signs from now on; keys that were in use are retired. Safe to repeat. */
  async use(key: { id: string; publicKey: string }): Promise<void> {
    await this.sql.query({
      text: `WITH retired AS (UPDATE signing_keys SET retired_at = now() WHERE id <> $1 AND retired_at IS NULL)
             INSERT INTO signing_keys (id, public_key) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET retired_at = NULL`,
      values: [key.id, key.publicKey],
    });
  }

  /** Every key there ever was, newest first. */
  async all(): Promise<KnownKey[]> {
    const { rows } = await this.sql.query<KnownKey>({ text: 'SELECT id, public_key AS "publicKey", created_at AS "createdAt", retired_at AS "retiredAt" FROM signing_keys ORDER BY created_at DESC, id' });
    return rows;
  }
}
