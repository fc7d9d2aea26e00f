import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Agent } from 'undici';
import { conclaveMini } from '../domain/benchmarks/conclave-mini.js';
import { openDataset } from '../src/datasets/open-dataset.js';
import { RunSamplesStore } from '../src/runs/run-samples.store.js';
import { RunStateStore } from '../src/runs/run-state.store.js';
import { createTestDatabase, type TestDatabase } from '../test/support/database.js';
import { planOf } from '../test/support/runs.js';
import { until } from '../test/support/until.js';
import { loadBenchmark } from './load-samples.js';

const rows = readFileSync(new URL('../datasets/conclave-mini.jsonl', import.meta.url));

describe('loading the samples of a benchmark', () => {
  const home = mkdtempSync(join(tmpdir(), 'conclave-load-'));
  const agent = new Agent();
  let database: TestDatabase;
  let pool: pg.Pool;
  let server: Server;
  let response: ServerResponse | null = null;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new pg.Pool({ connectionString: database.url });
    server = createServer((_, answer) => {
      response = answer;
      answer.writeHead(200, { 'content-length': rows.length }).write(rows.subarray(0, 4_000));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => { resolve(); }));
  }, 30_000);
  afterAll(async () => {
    await agent.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await pool.end();
    await database.drop();
    rmSync(home, { recursive: true, force: true });
  });

  it('tells how its download comes along, and no more of it once the samples are written', async () => {
    const state = new RunStateStore(pool);
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/rows.jsonl`;
    const benchmark = { ...conclaveMini, manifest: { ...conclaveMini.manifest, files: conclaveMini.manifest.files.map((file) => ({ ...file, url })) } };
    await state.create({
      id: 'run_1', caller: 'spec', idempotencyKey: null, bodyHash: 'h', provider: 'simulated', model: 'alder', plan: planOf('single', ['simulated/alder']), mode: 'realtime', benchmarks: [benchmark.name],
      subset: { seed: 'conclave', percent: null, count: null }, epochs: 1, concurrency: 1, caps: { nanoUsd: null, tokens: null }, judge: null, config: {}, tags: [], metadata: {}, priceSnapshot: {}, codeVersion: 'spec', simulated: true,
    });
    await state.beginBenchmark('run_1', benchmark.name);
    const run = await state.find('run_1');
    if (run === null) throw new Error('The run was not written.');
    const parts: Parameters<typeof loadBenchmark>[0] = { state, samples: new RunSamplesStore(pool), openDataset: (opened, onProgress) => openDataset(opened, { home, dispatcher: agent, onProgress }) };
    const loading = loadBenchmark(parts, run, benchmark, () => undefined);
    const told = async () => (await state.benchmarks('run_1'))[0]?.reason ?? null;
    await until('the download to be told', async () => (await told()) !== null);
    expect(await told()).toEqual({ code: 'downloading', message: `Downloading 'conclave-mini.jsonl': 4 of 10 kB.` });
    response?.end(rows.subarray(4_000));
    expect(await loading).toEqual({ samples: 60, needsSetup: null });
    expect(await told()).toBeNull();
    await state.tellLoading('run_1', benchmark.name, { code: 'downloading', message: 'late' });
    expect(await told()).toBeNull();
  });
});
