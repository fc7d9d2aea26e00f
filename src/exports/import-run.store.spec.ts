import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { runDocumentSchema, type RunDocument } from '../../domain/exports/run-document.js';
import { createPostgresPool } from '../database/postgres-pool.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { whileServerRestarts } from '../../test/support/lost-connection.js';
import { sampleRun } from '../../test/support/sample-run.js';
import { RunDocumentStore } from '../runs/run-document.store.js';
import { renderExport } from './export-formats.js';
import { ImportRunStore } from './import-run.store.js';
import { checkedRun, readImportedRun } from './imported-run.js';
import { resultsJson } from './results-json.js';
import { homeSigningKey } from './signing-key.js';
import { SigningKeysStore } from './signing-keys.store.js';

async function documentOf(run: ReturnType<typeof sampleRun>): Promise<RunDocument> {
  let text = '';
  for await (const piece of resultsJson(run)) text += piece;
  return runDocumentSchema.parse(JSON.parse(text));
}

describe('an import', () => {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-import-'));
  const origin = { key_fingerprint: 'f', exported_at: 'then', imported_at: 'now' };
  let database: TestDatabase;
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = createPostgresPool({ databaseUrl: database.url, size: 5, name: 'import spec' });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('of an archive makes the same run, once, and says where it came from', async () => {
    const path = join(folder, 'run.zip');
    writeFileSync(path, await buffer(renderExport(sampleRun(), 'zip', () => homeSigningKey(folder)).body));
    const document = await readImportedRun(path);
    const store = new ImportRunStore(pool);
    expect(await store.write(document, 'key_a', origin)).toBe(true);
    expect(await store.write(document, 'key_a', origin)).toBe(false);
    const again = await new RunDocumentStore(pool).exportable('run_1', 'key_a');
    if (!again) throw new Error('not there');
    const copy = runDocumentSchema.parse(JSON.parse((await buffer(renderExport(again, 'json', () => homeSigningKey(folder)).body)).toString()));
    expect(copy.run.metadata).toMatchObject({ gremium_version: '0.1.0', imported: origin });
    expect(copy.run.summary).toMatchObject({ samples: 3, correct: 1, incorrect: 1, errors: 1, input_tokens: 30, output_tokens: 12, cost_known: false });
    const plain = (samples: unknown) => JSON.parse(JSON.stringify(samples)) as unknown;
    expect(plain(copy.benchmarks[0]?.samples)).toEqual(plain(document.benchmarks[0]?.samples));
  });

  it('leaves nothing where the server restarts meanwhile, and this process as it is', async () => {
    const document = await documentOf(sampleRun({ id: 'run_restart' }));
    const blocker = `INSERT INTO runs (id, caller, body_hash, status, provider, model, plan, mode, subset, epochs, concurrency, config, metadata, price_snapshot, code_version, simulated)
      VALUES ('run_restart', 'other', '', 'failed', 'p', 'm', '{}', 'realtime', '{}', 1, 1, '{}', '{}', '{}', '', true)`;
    await expect(whileServerRestarts(pool, blocker, () => new ImportRunStore(pool).write(document, 'key_a', origin))).rejects.toThrow('terminat');
    expect((await pool.query(`SELECT FROM runs WHERE id = 'run_restart'`)).rowCount).toBe(0);
  });

  it('of a benchmark that is not known here keeps what it was', async () => {
    const document = await documentOf(sampleRun({ id: 'run_5' }));
    const procedure = { display_name: 'Theirs', badge: 'official' as const, differences: [], metric: 'F1' };
    for (const benchmark of document.benchmarks) Object.assign(benchmark, procedure, { name: 'theirs' });
    expect(await new ImportRunStore(pool).write(checkedRun(document), 'key_a', origin)).toBe(true);
    expect((await new RunDocumentStore(pool).exportable('run_5', 'key_a'))?.benchmarks).toMatchObject([{ name: 'theirs', ...procedure }]);
    await pool.query("DELETE FROM runs WHERE id = 'run_5'");
  });

  it('of another schema version is told so, whatever else it holds', () => {
    expect(() => checkedRun({ schema_version: '2.0', entirely: 'different' })).toThrow(/has schema version 2\.0; this Conclave reads 1\.0/);
  });

  it('that fails leaves nothing', async () => {
    const document = runDocumentSchema.parse({ schema_version: '1.0', run: sampleRun({ id: 'run_2' }).run, benchmarks: [] });
    const [benchmark] = sampleRun().benchmarks;
    if (benchmark) document.benchmarks = [{ ...benchmark, samples: [] }, { ...benchmark, samples: [] }];
    await expect(new ImportRunStore(pool).write(document, 'key_a', origin)).rejects.toThrow(/can't be stored/);
    expect((await pool.query("SELECT 1 FROM runs WHERE id = 'run_2'")).rowCount).toBe(0);
  });

  it.each([
    ['an id no run has here', (document: RunDocument) => { document.run.id = '../../x'; }, /run\.id/],
    ['a run that is not over, which would be carried out', (document: RunDocument) => { document.run.status = 'queued'; }, /run\.status/],
    ['a benchmark name that is none', (document: RunDocument) => { for (const benchmark of document.benchmarks) benchmark.name = 'a.b'; }, /benchmarks\.0\.name/],
    ['a benchmark twice', (document: RunDocument) => { document.benchmarks.push(...document.benchmarks); }, /twice/],
    ['an ordinal twice', (document: RunDocument) => { for (const sample of document.benchmarks[0]?.samples ?? []) sample.ordinal = 0; }, /can't be stored/],
    ['an ordinal that no page would reach', (document: RunDocument) => { for (const sample of document.benchmarks[0]?.samples ?? []) sample.ordinal -= 1; }, /samples\.0\.ordinal/],
    ['a score above right', (document: RunDocument) => { for (const sample of document.benchmarks[0]?.samples ?? []) sample.score = 7; }, /samples\.0\.score/],
    ['a cost that gives money back', (document: RunDocument) => { for (const sample of document.benchmarks[0]?.samples ?? []) sample.cost_nano_usd = -1; }, /samples\.0\.cost_nano_usd/],
    ['a time that is none', (document: RunDocument) => { document.run.created_at = 'yesterday-ish'; }, /can't be stored/],
    ['a number no column holds', (document: RunDocument) => { for (const sample of document.benchmarks[0]?.samples ?? []) sample.input_tokens = 2 ** 40; }, /can't be stored/],
  ] as const)('of %s is refused with a 400 that says so, and leaves nothing', async (_, change, message) => {
    const document = await documentOf(sampleRun({ id: 'run_3' }));
    change(document);
    await expect((async () => new ImportRunStore(pool).write(checkedRun(document), 'key_a', origin))()).rejects.toThrow(message);
    expect((await pool.query("SELECT 1 FROM runs WHERE id NOT IN ('run_1')")).rowCount).toBe(0);
  });

  it('keeps what Postgres can keep of hostile texts', async () => {
    const document = await documentOf(sampleRun({ id: 'run_4', model: 'm\0m' }));
    const [sample] = document.benchmarks[0]?.samples ?? [];
    if (sample) Object.assign(sample, { answer: 'a\0b \ud83d \\u0000', failure: { code: 'x', message: '\0' } });
    expect(await new ImportRunStore(pool).write(checkedRun(document), 'key_a', origin)).toBe(true);
    const { rows } = await pool.query<{ answer: string; model: string }>("SELECT answer, model FROM run_samples JOIN runs ON runs.id = run_id WHERE run_id = 'run_4' AND ordinal = 0");
    expect(rows).toEqual([{ answer: 'ab \ufffd \\u0000', model: 'mm' }]);
  });

  it('keys are listed once used, and retired by the next', async () => {
    const keys = new SigningKeysStore(pool);
    await keys.use({ id: 'one', publicKey: 'a' });
    await keys.use({ id: 'two', publicKey: 'b' });
    expect((await keys.all()).map(({ id, retiredAt }) => [id, retiredAt === null])).toEqual([['two', true], ['one', false]]);
    await keys.use({ id: 'one', publicKey: 'a' });
    expect((await keys.all()).filter(({ retiredAt }) => retiredAt === null).map(({ id }) => id)).toEqual(['one']);
  });
});
