import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { Sql } from '../src/database/sql.js';
import { CallsStore, unanswered } from '../src/traces/calls.store.js';
import { createTestDatabase } from '../test/support/database.js';
import type { TestDatabase } from '../test/support/database.js';
import { Ledger } from './ledger.js';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.url });
  await pool.query(`INSERT INTO completions (id, status, caller, body_hash, endpoint, model, strategy, plan, request, stream, usage_mode, simulated, deadline_at)
    SELECT 'short-' || number, 'running', 'anyone', 'hash', 'openai', 'm', 'single', '{}', '{"messages":[{"role":"user","content":"hello"}],"sampling":{}}', false, 'billing', true, now() FROM generate_series(0, 1000) AS number`);
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('Ledger', () => {
  it('reads the conversation of a completion once for all of its calls, and keeps those of the last thousand completions, however short they are', async () => {
    const statements: string[] = [];
    const counting: Sql = {
      query: (query: pg.QueryConfig) => {
        statements.push(query.name ?? '');
        return pool.query(query);
      },
    };
    const ledger = new Ledger(new CallsStore(counting), null);
    for (let number = 0; number <= 1_000; number++) await ledger.lookUp(`short-${String(number)}`, 'answer/0/0/0');
    expect(statements).toEqual(Array.from({ length: 1_001 }, () => 'ledger-request-completions'));
    statements.length = 0;
    await ledger.lookUp('short-1000', 'answer/0/0/1');
    await ledger.lookUp('short-1', 'answer/0/0/1');
    await ledger.lookUp('short-0', 'answer/0/0/1');
    expect(statements).toEqual(['ledger-succeeded', 'ledger-succeeded', 'ledger-request-completions']);
  });

  it('keeps a paid answer until there is room for it on the disk', async () => {
    await pool.query(`CREATE SEQUENCE tries; CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF nextval('tries') < 3 THEN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT ON calls FOR EACH ROW EXECUTE FUNCTION full_disk()`);
    const ledger = new Ledger(new CallsStore(pool), null);
    const record = { completionId: 'short-0', key: 'answer/0/0/0', stage: 'answer' as const, memberIndex: 0, attempt: 1, provider: 'p', model: 'm', requestHash: '', ...unanswered, startedAt: 0, endedAt: 1, outcome: 'succeeded' as const, groupId: null, mode: 'realtime' as const };
    expect(await ledger.enter({ ...record, text: 'paid' })).toBeNull();
    expect(await ledger.recorded('short-0', 'answer/0/0/0')).toMatchObject({ text: 'paid' });
  });
});
