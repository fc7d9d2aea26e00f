import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { runDocumentSchema } from '../../domain/exports/run-document.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { sampleRun } from '../../test/support/sample-run.js';
import { RunDocumentStore } from '../runs/run-document.store.js';
import { renderExport } from './export-formats.js';
import { ImportRunStore } from './import-run.store.js';
import { readImportedRun } from './imported-run.js';
import { homeSigningKey } from './signing-key.js';
import { SigningKeysStore } from './signing-keys.store.js';

describe('an import', () => {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-import-'));
  const origin = { key_fingerprint: 'f', exported_at: 'then', imported_at: 'now' };
  let database: TestDatabase;
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new pg.Pool({ connectionString: database.url });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('of an archive makes the same run, once, and says where it came from', async () => {
    const path = join(folder, 'run.zip');
    writeFileSync(path, await buffer(renderExport(sampleRun(), 'zip', homeSigningKey(folder)).body));
    const document = await readImportedRun(path);
    const store = new ImportRunStore(pool);
    expect(await store.write(document, 'key_a', origin)).toBe(true);
    expect(await store.write(document, 'key_a', origin)).toBe(false);
    const again = await new RunDocumentStore(pool).exportable('run_1', 'key_a');
    if (!again) throw new Error('not there');
    const copy = runDocumentSchema.parse(JSON.parse((await buffer(renderExport(again, 'json', homeSigningKey(folder)).body)).toString()));
    expect(copy.run.metadata).toMatchObject({ gremium_version: '0.1.0', imported: origin });
    expect(copy.run.summary).toMatchObject({ samples: 3, correct: 1, incorrect: 1, errors: 1, input_tokens: 30, output_tokens: 12, cost_known: false });
    const plain = (samples: unknown) => JSON.parse(JSON.stringify(samples)) as unknown;
    expect(plain(copy.benchmarks[0]?.samples)).toEqual(plain(document.benchmarks[0]?.samples));
  });

  it('that fails leaves nothing', async () => {
    const document = runDocumentSchema.parse({ schema_version: '1.0', run: sampleRun({ id: 'run_2' }).run, benchmarks: [] });
    const [benchmark] = sampleRun().benchmarks;
    if (benchmark) document.benchmarks = [{ ...benchmark, samples: [] }, { ...benchmark, samples: [] }];
    await expect(new ImportRunStore(pool).write(document, 'key_a', origin)).rejects.toThrow(/run_benchmarks_pkey/);
    expect((await pool.query("SELECT 1 FROM runs WHERE id = 'run_2'")).rowCount).toBe(0);
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
