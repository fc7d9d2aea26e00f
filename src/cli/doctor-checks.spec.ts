import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, rowsOf, type TestDatabase } from '../../test/support/database.js';
import type { Config } from '../config/config.js';
import { loadConfig } from '../config/config.js';
import { checkAccess, checkCallLog, checkPostgres } from './doctor-checks.js';
import { checkProviders } from './provider-checks.js';

const home = mkdtempSync(join(tmpdir(), 'conclave-doctor-'));
const config = (environment: Record<string, string>): Config => loadConfig({ CONCLAVE_HOME: home, ...environment });

describe('the doctor on a database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('says whether its tables are up to date', async () => {
    expect(await checkPostgres(config({ DATABASE_URL: database.url }))).toMatchObject([{ is: 'good' }, { subject: 'Tables', is: 'good' }]);
    await rowsOf(database.url, "DELETE FROM migrations WHERE name LIKE 'RequestLimits%'");
    expect((await checkPostgres(config({ DATABASE_URL: database.url })))[1]).toMatchObject({ is: 'note', found: expect.stringMatching(/^1 of \d+ migrations/), advice: expect.stringContaining('conclave migrate') });
    await rowsOf(database.url, 'DROP TABLE migrations');
    expect((await checkPostgres(config({ DATABASE_URL: database.url })))[1]).toMatchObject({ is: 'note' });
  });

  it('never shows its password', async () => {
    const findings = await checkPostgres(config({ DATABASE_URL: 'postgres://ann:very-secret@127.0.0.1:1/none' }));
    expect(findings).toMatchObject([{ is: 'missing', found: expect.stringContaining('ECONNREFUSED') }]);
    expect(JSON.stringify(findings)).not.toContain('very-secret');
  });
});

describe('the doctor on the rest', () => {
  it('asks the servers of one’s own whether they are there, and whether keys work', async () => {
    const server = createServer((_, response) => response.writeHead(401).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const findings = await checkProviders(config({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: url, OLLAMA_BASE_URL: 'http://127.0.0.1:1', TRIO_BACKEND_URL: url }));
    server.close();
    expect(findings.map(({ subject, is }) => `${subject}: ${is}`)).toEqual(['Providers: good', 'Answers: good', 'Key of openai: note', 'Provider ollama: note', 'Provider trio: good']);
  });

  it('tells a keyless start from one that has nobody to ask', async () => {
    expect((await checkProviders(config({})))[1]).toMatchObject({ is: 'note', found: expect.stringContaining('simulated') });
    expect((await checkProviders(config({ CONCLAVE_SIMULATED: 'off' })))[1]).toMatchObject({ is: 'note', found: expect.stringContaining('no provider has a key') });
  });

  it('warns of an address that others reach, and of a call log that can not be written', () => {
    expect([config({}), config({ HOST: '0.0.0.0', CONCLAVE_BOOTSTRAP_KEY: 'k' })].flatMap(checkAccess)).toEqual([]);
    expect(checkAccess(config({ HOST: '0.0.0.0' }))).toMatchObject([{ is: 'note', advice: expect.stringContaining('keys create') }]);
    expect(checkCallLog(config({}))).toEqual([]);
    expect(checkCallLog(config({ CALL_LOG_FILE: join(home, 'calls.jsonl') }))).toMatchObject([{ is: 'good' }]);
    expect(checkCallLog(config({ CALL_LOG_FILE: join(home, 'missing', 'calls.jsonl') }))).toMatchObject([{ is: 'note' }]);
  });
});
