import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { findBenchmark } from '../../domain/benchmarks/registry.js';
import { createPostgresPool } from '../database/postgres-pool.js';
import { createBatchRows } from '../../test/support/batch-rows.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { whileServerRestarts } from '../../test/support/lost-connection.js';
import { RunScoresStore } from './run-scores.store.js';
import { RunStateStore } from './run-state.store.js';
import { RunSummaryStore } from './run-summary.store.js';
import { RunsStore } from './runs.store.js';

const plan = { strategy: 'single', panel: null, members: [], reviewers: [], chairmen: [], options: {} } as never;

describe('a run that batches answered', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  const batches: string[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = createPostgresPool({ databaseUrl: database.url, size: 5, name: 'runs spec' });
    await pool.query(`INSERT INTO budgets (id, cost_cap_nano_usd) VALUES ('run/run_1', 1000), ('batch/1', 1000)`);
    await pool.query(`INSERT INTO runs (id, caller, body_hash, status, provider, model, plan, mode, subset, epochs, concurrency, config, metadata, price_snapshot, code_version, simulated, budget_id)
      VALUES ('run_1', 'spec', 'h', 'succeeded', 'simulated', 'small', '{"strategy":"single","panel":null}', 'batch', '{"seed":"s","percent":null,"count":1}', 1, 4, '{}', '{}', '{}', '1', true, 'run/run_1')`);
    // The first was replaced after errors, the second counts, the third is a client's own that says the same of itself.
    for (const [index, status] of ['failed', 'completed', 'completed'].entries()) {
      const id = await createBatchRows(pool, { items: [{ plan }], ...(index === 1 && { budgetId: 'batch/1' }) });
      batches.push(id);
      await pool.query(`UPDATE batches SET status = $2, metadata = '{"run_id":"run_1","benchmark":"gsm8k"}' WHERE id = $1`, [id, status]);
      if (index < 2) await pool.query(`UPDATE batch_items SET custom_id = 'run_1.gsm8k.0' WHERE batch_id = $1`, [id]);
      await pool.query(
        `INSERT INTO calls (completion_id, key, stage, member_index, attempt, provider, model, request_hash, input_tokens, output_tokens, cost_nano_usd, started_at, ended_at, outcome, group_id)
         VALUES ($1, 'answer/0/0/0', 'answer', 0, 1, 'simulated', 'small', 'h', 10, 2, 100, now(), now(), 'succeeded', $2)`,
        [`${id}.0`, id],
      );
    }
    await pool.query(`INSERT INTO run_benchmarks (run_id, benchmark, position, status, batch_id) VALUES ('run_1', 'gsm8k', 0, 'succeeded', $1)`, [batches[1]]);
    await pool.query(
      `INSERT INTO run_samples (id, run_id, benchmark, ordinal, item_id, epoch, item, expected, request, status, verdict, score, answer, batch_item_id)
       VALUES ('run_1.gsm8k.0', 'run_1', 'gsm8k', 0, 'a', 0, '{"id":"a","question":"?","choices":[],"target":"1","category":null}', '1', '{"messages":[],"sampling":{}}', 'done', 'incorrect', 0, 'so 1', $1)`,
      [`${batches[1] ?? ''}.0`],
    );
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it('costs what all of its batches cost, replaced ones too', async () => {
    const summaries = await new RunSummaryStore(pool).summaries('run_1');
    expect(summaries.get('gsm8k')).toMatchObject({ input_tokens: 20, output_tokens: 4, cost_nano_usd: 200, cost_known: true });
    expect(summaries.get('')).toMatchObject({ cost_nano_usd: 200 });
  });

  it('is scored again whatever its answers hold', async () => {
    await pool.query(`INSERT INTO run_samples (id, run_id, benchmark, ordinal, item_id, epoch, item, expected, request, status, answer)
      VALUES ('run_1.math.0', 'run_1', 'math', 0, 'b', 0, '{"id":"b","question":"?","choices":[],"target":"1","category":null}', '1', '{"messages":[],"sampling":{}}', 'done', $1)`, [String.raw`\boxed{\u0000}`]);
    expect(await new RunScoresStore(pool).rescore('run_1')).toEqual({ samples: 2, changed: 2 });
    expect((await pool.query<{ extracted: string }>("SELECT extracted FROM run_samples WHERE id = 'run_1.math.0'")).rows).toEqual([{ extracted: String.raw`\u0000` }]);
    const { rows } = await pool.query<{ version: string; badge: string }>("SELECT scorer_version AS version, procedure->>'badge' AS badge FROM run_benchmarks WHERE run_id = 'run_1' AND benchmark = 'gsm8k'");
    expect(rows).toEqual([{ version: findBenchmark('gsm8k')?.scorerVersion, badge: 'simplified' }]);
  });

  it('has one scorer for all answers of a benchmark, and says that it was another one at first', async () => {
    const present = findBenchmark('gsm8k')!;
    const scores = new RunScoresStore(pool);
    await pool.query(`INSERT INTO run_samples (id, run_id, benchmark, ordinal, item_id, epoch, item, expected, request, status, verdict, score, answer, scorer_version)
      VALUES ('run_1.gsm8k.1', 'run_1', 'gsm8k', 1, 'c', 0, '{"id":"c","question":"?","choices":[],"target":"2","category":null}', '2', '{"messages":[],"sampling":{}}', 'done', 'incorrect', 0, '#### 2', 'gsm8k-old'),
             ('run_1.gsm8k.2', 'run_1', 'gsm8k', 2, 'd', 0, '{"id":"d","question":"?","choices":[],"target":"3","category":null}', '3', '{"messages":[],"sampling":{}}', 'error', null, null, null, null)`);
    await pool.query(`UPDATE run_benchmarks SET scorer_version = 'gsm8k-old' WHERE run_id = 'run_1'`);
    expect(await scores.align('run_1', present)).toBe(1);
    const samples = async () => (await pool.query(`SELECT verdict, scorer_version AS version FROM run_samples WHERE run_id = 'run_1' AND benchmark = 'gsm8k' ORDER BY ordinal`)).rows;
    expect(await samples()).toEqual([{ verdict: 'correct', version: present.scorerVersion }, { verdict: 'correct', version: present.scorerVersion }, { verdict: null, version: null }]);
    const facts = async () => (await pool.query(`SELECT run.metadata, part.scorer_version AS version FROM runs run JOIN run_benchmarks part ON part.run_id = run.id WHERE run.id = 'run_1'`)).rows;
    // The questions of these rows are not worded as the benchmark words them.
    const noted = [{ metadata: { scored_anew: { gsm8k: { from: 'gsm8k-old', to: present.scorerVersion, prompts: 'earlier' } } }, version: present.scorerVersion }];
    expect(await facts()).toEqual(noted);
    expect(await scores.align('run_1', present)).toBe(0);
    expect(await facts()).toEqual(noted);
    // Died after the last answer and before the note.
    await pool.query(`UPDATE run_benchmarks SET scorer_version = 'gsm8k-old'`);
    await pool.query(`UPDATE runs SET metadata = '{}'`);
    await scores.align('run_1', present);
    expect(await facts()).toEqual(noted);
    await pool.query(`UPDATE runs SET metadata = '{}'`);
  });

  it('names the versions of the code that took it up later, each once', async () => {
    const states = new RunStateStore(pool);
    for (const version of ['1', '2', '2', '3']) await states.noteCode('run_1', version);
    expect((await pool.query('SELECT metadata FROM runs')).rows).toEqual([{ metadata: { later_code_versions: ['2', '3'] } }]);
  });

  it('stays where the server restarts while it is removed, and so does this process', async () => {
    await expect(whileServerRestarts(pool, `SELECT FROM runs WHERE id = 'run_1' FOR UPDATE`, () => new RunsStore(pool).remove('run_1'))).rejects.toThrow('terminat');
    expect((await pool.query(`SELECT FROM runs WHERE id = 'run_1'`)).rowCount).toBe(1);
  });

  it('waits to be removed until its batches are over, and leaves nothing then, but what is others’', async () => {
    const store = new RunsStore(pool);
    await pool.query(`UPDATE batches SET status = 'collecting' WHERE id = $1`, [batches[0]]);
    await expect(store.remove('run_1')).rejects.toThrow(/is still collecting/);
    await pool.query(`UPDATE batches SET status = 'failed' WHERE id = $1`, [batches[0]]);
    expect(await store.remove('run_1')).toBe(true);
    const left = async (table: string) => (await pool.query<{ id: string }>(`SELECT id FROM ${table} ORDER BY id`)).rows.map(({ id }) => id);
    expect([await left('runs'), await left('run_samples'), await left('budgets'), await left('batches'), await left('files')]).toEqual([[], [], [], [batches[2]], [`file_${batches[2] ?? ''}`]]);
    expect((await pool.query('SELECT FROM calls')).rowCount).toBe(1);
    expect(await store.remove('run_1')).toBe(false);
  });
});
