import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { runDocumentSchema } from '../../domain/exports/run-document.js';
import { clusteredMeanError } from '../../domain/statistics/mean-error.js';
import { wilsonInterval } from '../../domain/statistics/wilson-interval.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { planOf } from '../../test/support/runs.js';
import { resultsJson } from '../exports/results-json.js';
import { RunDocumentStore } from './run-document.store.js';

// Items a, b, c in two epochs: right, right · wrong, right · unread, error.
const samples = [
  ['a', 0, 'done', 'correct', 1, 'x'],
  ['b', 0, 'done', 'incorrect', 0, 'x'],
  ['c', 0, 'done', 'unextracted', 0, 'y'],
  ['a', 1, 'done', 'correct', 1, 'x'],
  ['b', 1, 'done', 'correct', 1, 'x'],
  ['c', 1, 'error', null, null, 'y'],
] as const;

describe('a run as it is read', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let store: RunDocumentStore;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new pg.Pool({ connectionString: database.url });
    store = new RunDocumentStore(pool);
    await pool.query(`INSERT INTO runs (id, caller, body_hash, status, provider, model, plan, mode, subset, epochs, concurrency, config, metadata, price_snapshot, code_version, simulated)
      VALUES ('run_1', 'key_a', 'h', 'succeeded', 'simulated', 'small', '{"strategy":"single","panel":null}', 'realtime', '{"seed":"s","percent":null,"count":3}', 2, 4, '{}', '{}', '{}', '1', true)`);
    await pool.query(`INSERT INTO run_benchmarks (run_id, benchmark, position, status, scorer_version) VALUES ('run_1', 'gsm8k', 0, 'succeeded', 'gsm8k-1'), ('run_1', 'svamp', 1, 'skipped', NULL)`);
    for (const [ordinal, [item, epoch, status, verdict, score, category]] of samples.entries()) {
      const id = `run_1.gsm8k.${String(ordinal)}`;
      await pool.query(
        `INSERT INTO run_samples (id, run_id, benchmark, ordinal, item_id, epoch, item, expected, request, status, verdict, score, also, latency_ms, failure)
         VALUES ($1, 'run_1', 'gsm8k', $2, $3, $4, $5, '1', '{"messages":[{"role":"user","content":"?"}],"sampling":{}}', $6, $7, $8, $9, 10, $10)`,
        [id, ordinal, item, epoch, JSON.stringify({ category }), status, verdict, score, status === 'done' ? '{"strict":"correct"}' : null, status === 'error' ? '{"code":"timeout","message":"late"}' : null],
      );
      // The third call's price is unknown.
      await pool.query(
        `INSERT INTO calls (completion_id, key, stage, member_index, attempt, provider, model, request_hash, input_tokens, output_tokens, cost_nano_usd, started_at, ended_at, outcome, group_id)
         VALUES ($1, 'answer/0/0/0', 'answer', 0, 1, 'simulated', 'small', 'h', 10, 2, $2, now(), now(), $3, 'run_1')`,
        [id, ordinal === 2 ? null : 100, status === 'error' ? 'failed' : 'succeeded'],
      );
    }
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it('counts errors apart from wrong answers, and epochs of an item as one', async () => {
    const exported = await store.exportable('run_1', null);
    const scores = [1, 0, 0, 1, 1];
    expect(exported?.run.summary).toMatchObject({
      samples: 6, done: 5, correct: 3, incorrect: 1, unextracted: 1, errors: 1, accuracy: 0.6, coverage: 5 / 6, error_rate: 1 / 6, unextracted_rate: 0.2, wilson_95: wilsonInterval(3, 5),
      input_tokens: 60, output_tokens: 12, cost_nano_usd: 500, cost_known: false, mean_latency_ms: 10,
    });
    expect(exported?.run.summary.standard_error).toBeCloseTo(clusteredMeanError(scores, ['a', 'b', 'c', 'a', 'b']).standardError ?? 0, 12);
    expect(exported?.benchmarks.map(({ name, summary }) => [name, summary.samples, summary.accuracy])).toEqual([['gsm8k', 6, 0.6], ['svamp', 0, null]]);
    expect(exported?.benchmarks[0]?.summary).toMatchObject({ also: { strict: 1 }, by_category: { x: { samples: 4, accuracy: 0.75 }, y: { samples: 2, accuracy: 0 } } });
  });

  it('sums the subjects of MMLU up in its groups, each answered question once', async () => {
    await pool.query(`INSERT INTO runs (id, caller, body_hash, status, provider, model, plan, mode, subset, epochs, concurrency, config, metadata, price_snapshot, code_version, simulated)
      SELECT 'run_3', caller, body_hash, status, provider, model, plan, mode, subset, 1, concurrency, config, metadata, price_snapshot, code_version, simulated FROM runs WHERE id = 'run_1'`);
    await pool.query(`INSERT INTO run_benchmarks (run_id, benchmark, position, status) VALUES ('run_3', 'mmlu', 0, 'succeeded')`);
    const answered = [['astronomy', 1], ['astronomy', 1], ['astronomy', 0], ['machine_learning', 0], ['machine_learning', null], ['philosophy', 1], ['virology', null], ['a subject of its own', 1]] as const;
    await pool.query(
      `INSERT INTO run_samples (id, run_id, benchmark, ordinal, item_id, epoch, item, expected, request, status, verdict, score)
       SELECT 'run_3.mmlu.' || ordinal, 'run_3', 'mmlu', ordinal, ordinal, 0, jsonb_build_object('category', category), 'A', '{"messages":[],"sampling":{}}', CASE WHEN score IS NULL THEN 'error' ELSE 'done' END, CASE score WHEN 1 THEN 'correct' WHEN 0 THEN 'incorrect' END, score
       FROM unnest($1::text[], $2::float8[]) WITH ORDINALITY AS answered (category, score, ordinal)`,
      [answered.map(([category]) => category), answered.map(([, score]) => score)],
    );
    const [mmlu] = (await store.exportable('run_3', null))!.benchmarks;
    expect(mmlu!.summary).toMatchObject({
      by_category: { 'a subject of its own': { samples: 1, accuracy: 1 }, astronomy: { samples: 3, accuracy: 2 / 3 }, machine_learning: { samples: 2, accuracy: 0 }, virology: { samples: 1, accuracy: null } },
      by_group: { STEM: { samples: 5, accuracy: 0.5 }, humanities: { samples: 1, accuracy: 1 }, other: { samples: 1, accuracy: null } },
    });
    // What has no groups says nothing of them.
    expect((await store.exportable('run_1', null))!.benchmarks[0]!.summary).not.toHaveProperty('by_group');
  });

  it('streams its samples with what each cost, and makes a document of its schema', async () => {
    const exported = await store.exportable('run_1', 'key_a');
    let json = '';
    if (exported) for await (const piece of resultsJson(exported)) json += piece;
    const document = runDocumentSchema.parse(JSON.parse(json));
    expect(document.benchmarks[0]?.samples.map(({ item_id, epoch, cost_nano_usd, calls, input_tokens }) => [item_id, epoch, cost_nano_usd, calls, input_tokens])).toEqual(
      samples.map(([item, epoch], ordinal) => [item, epoch, ordinal === 2 ? null : 100, 1, 10]),
    );
  });

  it('tells how its benchmarks were asked and scored then, not how they would be now', async () => {
    const told = async () => (await store.exportable('run_1', null))?.benchmarks[0];
    expect(await told()).toMatchObject({ display_name: 'GSM8K', badge: 'simplified' });
    const then = { display_name: 'GSM8K of old', badge: 'official', differences: [{ what: 'prompt', official: 'a', here: 'b' }], metric: 'exact match' };
    await pool.query("UPDATE run_benchmarks SET procedure = $1 WHERE run_id = 'run_1' AND benchmark = 'gsm8k'", [JSON.stringify(then)]);
    expect(await told()).toMatchObject(then);
  });

  it('tells the plan without what only a waiting client has of it', async () => {
    const inner = planOf('vote', ['simulated/alder']);
    const plan = { ...planOf('council', ['simulated/birch'], ['simulated/cedar']), members: [{ kind: 'panel', label: 'panel/inner', plan: inner }] };
    await pool.query("UPDATE runs SET plan = $1 WHERE id = 'run_1'", [JSON.stringify(plan)]);
    const told = JSON.stringify((await store.exportable('run_1', null))?.run.plan);
    for (const name of ['deadlineMs', 'grace']) expect([name, told.includes(name)]).toEqual([name, false]);
    expect(JSON.parse(told)).toMatchObject({ strategy: 'council', options: { rule: 'borda', layers: 1 }, members: [{ plan: { strategy: 'vote', options: { samples: 1 }, members: [{ label: 'simulated/alder' }] } }] });
  });

  it('is nobody else’s', async () => {
    expect(await store.exportable('run_1', 'key_b')).toBeNull();
    expect(await store.exportable('run_2', null)).toBeNull();
  });
});
