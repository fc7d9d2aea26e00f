import { createHash } from 'node:crypto';
import protocol from '@temporalio/proto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { LRUCache } from 'lru-cache';
import type { Sql } from '../database/sql.js';
import { untilDatabaseAnswers } from '../database/until-database-answers.js';

/** Payloads above this many bytes go to Postgres. */
export const storedPayloadThreshold = 32 * 1024;
/** Metadata key that marks a reference; its value is the sha256 (hex) of the stored payload. */
export const storedPayloadKey = 'conclave-payload';
const cachedBytes = 32 * 1024 * 1024;
/** Milliseconds for which a read or write waits for a database that is away, before the task fails and Temporal tries it again. */
const patienceMs = 60_000;

/**
 * Moves payloads of more than 32 KB to the table `payloads`, content-addressed, and leaves a JSON reference that the
 * Web UI shows as it is. Client and worker must share it. The row is written before the reference exists anywhere.
 * @example
 * const [reference] = await codec.encode([large]); // data: {"storedPayload":"<sha256>","bytes":70123}
 */
export class PostgresPayloadCodec implements PayloadCodec {
  private readonly cache = new LRUCache<string, Payload>({ maxSize: cachedBytes, sizeCalculation: (payload) => payload.data?.length ?? 1 });

  constructor(private readonly sql: Sql) {}

  encode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.all(payloads.map(async (payload) => (isLarge(payload) ? this.store(payload) : payload)));
  }

  decode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.all(
      payloads.map(async (payload) => {
        const sha256 = referenceOf(payload);
        return sha256 === null ? payload : this.load(sha256);
      }),
    );
  }

  private async store(payload: Payload): Promise<Payload> {
    const bytes = Buffer.from(protocol.temporal.api.common.v1.Payload.encode(payload).finish());
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (!this.cache.has(sha256)) {
      await untilDatabaseAnswers(() => this.sql.query({ name: 'store-payload', text: 'INSERT INTO payloads (sha256, bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING', values: [sha256, bytes] }), { patienceMs });
      this.cache.set(sha256, payload);
    }
    return reference(sha256, bytes.length);
  }

  private async load(sha256: string): Promise<Payload> {
    const cached = this.cache.get(sha256);
    if (cached) return cached;
    const { rows } = await untilDatabaseAnswers(() => this.sql.query<{ bytes: Buffer }>({ name: 'load-payload', text: 'SELECT bytes FROM payloads WHERE sha256 = $1', values: [sha256] }), { patienceMs });
    const bytes = rows[0]?.bytes;
    if (!bytes) throw new Error(`Stored payload ${sha256} is not in the table payloads: this history belongs to another database, or the row was deleted.`);
    const payload = protocol.temporal.api.common.v1.Payload.decode(bytes);
    this.cache.set(sha256, payload);
    return payload;
  }
}

function isLarge(payload: Payload): boolean {
  return (payload.data?.length ?? 0) > storedPayloadThreshold && referenceOf(payload) === null;
}

function referenceOf(payload: Payload): string | null {
  const mark = payload.metadata?.[storedPayloadKey];
  return mark ? Buffer.from(mark).toString() : null;
}

function reference(sha256: string, bytes: number): Payload {
  return {
    metadata: { encoding: Buffer.from('json/plain'), [storedPayloadKey]: Buffer.from(sha256) },
    data: Buffer.from(JSON.stringify({ storedPayload: sha256, bytes })),
  };
}
