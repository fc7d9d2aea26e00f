import { describe, expect, it } from '@jest/globals';
import { defaultPayloadConverter } from '@temporalio/common';
import type { QueryResult, QueryResultRow } from 'pg';
import type { Sql, Statement } from '../database/sql.js';
import { PostgresPayloadCodec } from './postgres-payload-codec.js';

/** The table `payloads`, in memory: the codec's two statements and nothing else. */
class PayloadTable implements Sql {
  readonly rows = new Map<string, Buffer>();
  reads = 0;

  query<Row extends QueryResultRow>({ name, values = [] }: Statement): Promise<QueryResult<Row>> {
    const [sha256, bytes] = values as [string, Buffer];
    if (name === 'store-payload') this.rows.set(sha256, bytes);
    else this.reads++;
    const row = this.rows.get(sha256);
    // The codec reads `rows` only.
    return Promise.resolve({ rows: row ? [{ bytes: row }] : [] } as unknown as QueryResult<Row>);
  }
}

const small = defaultPayloadConverter.toPayload({ text: 'small' });
const largeValue = { text: 'x'.repeat(40_000) };
const large = defaultPayloadConverter.toPayload(largeValue);

describe('PostgresPayloadCodec', () => {
  it('leaves small payloads alone', async () => {
    const table = new PayloadTable();
    expect(await new PostgresPayloadCodec(table).encode([small])).toEqual([small]);
    expect(table.rows.size).toBe(0);
  });

  it('stores a large payload once and leaves a reference that anybody can read', async () => {
    const table = new PayloadTable();
    const codec = new PostgresPayloadCodec(table);
    const [reference] = await codec.encode([large]);
    await codec.encode([large]);
    const [sha256] = [...table.rows.keys()];
    expect(table.rows.size).toBe(1);
    expect(defaultPayloadConverter.fromPayload(reference ?? {})).toEqual({ storedPayload: sha256, bytes: table.rows.get(sha256 ?? '')?.length });
  });

  it('gives another process the same payload back, reading it once', async () => {
    const table = new PayloadTable();
    const encoded = await new PostgresPayloadCodec(table).encode([small, large]);
    const reader = new PostgresPayloadCodec(table);
    const decoded = await reader.decode(encoded);
    await reader.decode(encoded);
    expect(decoded.map((payload) => defaultPayloadConverter.fromPayload(payload))).toEqual([{ text: 'small' }, largeValue]);
    expect(table.reads).toBe(1);
  });

  it('does not store a reference again', async () => {
    const codec = new PostgresPayloadCodec(new PayloadTable());
    const encoded = await codec.encode([large]);
    expect(await codec.encode(encoded)).toEqual(encoded);
  });

  it('says what is wrong where the row is missing', async () => {
    const encoded = await new PostgresPayloadCodec(new PayloadTable()).encode([large]);
    await expect(new PostgresPayloadCodec(new PayloadTable()).decode(encoded)).rejects.toThrow(/another database/);
  });
});
