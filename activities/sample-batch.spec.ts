import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { Sql } from '../src/database/sql.js';
import { BatchItemsStore } from '../src/batches/batch-items.store.js';
import { FilesStore } from '../src/files/files.store.js';
import { RunSamplesStore } from '../src/runs/run-samples.store.js';
import { RunStateStore } from '../src/runs/run-state.store.js';
import { SampleBatchesStore } from '../src/runs/sample-batches.store.js';
import { batchOptions } from '../test/support/batch-rows.js';
import { createTestDatabase, type TestDatabase } from '../test/support/database.js';
import { newRun } from '../test/support/runs.js';
import { planOf } from '../workflows/consensus/scripted-context.js';
import { runPolicies } from '../workflows/policies/run-policies.js';
import type { RunParts } from './run-parts.js';
import { collectBatch, makeSampleBatch } from './sample-batch.js';

let database: TestDatabase;
let pool: pg.Pool;
let state: RunStateStore;
let runs = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.url });
  state = new RunStateStore(pool);
}, 30_000);
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** A run by batch with samples to ask; `meanwhile` happens while its batch is written. */
async function runByBatch(meanwhile: (id: string) => Promise<unknown> = () => Promise.resolve(), { count = 1, batchSamples = 1_000 } = {}) {
  const id = `run_${String(++runs).padStart(24, '0')}`;
  await state.create(newRun({ id, plan: planOf('single', ['a']), benchmarks: ['conclave-mini'], mode: 'batch' }));
  await state.begin(id, {});
  await state.beginBenchmark(id, 'conclave-mini');
  const samples = new RunSamplesStore(pool);
  const item = { question: '?', choices: [], target: '1', category: null };
  const asked = Array.from({ length: count }, (_, ordinal) => ({ id: `${id}.conclave-mini.${String(ordinal)}`, ordinal, epoch: 0, item: { ...item, id: `item-${String(ordinal)}` }, order: null, expected: '1', request: { messages: [{ role: 'user' as const, content: '?' }], sampling: {} } }));
  await samples.insert(id, 'conclave-mini', asked);
  class Interrupted extends SampleBatchesStore {
    override async create(...batch: Parameters<SampleBatchesStore['create']>): Promise<number> {
      await meanwhile(id);
      return super.create(...batch);
    }
  }
  // What making a batch needs of the parts.
  const parts = { state, samples, batches: new Interrupted(pool, batchOptions), policy: { ...runPolicies.test, batchSamples } } as unknown as RunParts;
  const batchesOf = async () => (await pool.query<{ status: string; reason: { code: string } | null; canceled: boolean }>(`SELECT status, reason, cancel_requested_at IS NOT NULL AS canceled FROM batches WHERE metadata->>'run_id' = $1`, [id])).rows;
  const reference = { runId: id, benchmark: 'conclave-mini' };
  return { id, make: () => makeSampleBatch(parts, reference), collect: (batchId: string) => collectBatch(parts, { ...reference, batchId }, { done: 0, errors: 0 }), batchesOf };
}

/** Loads a batch from its input file and ends it, every item failed; returns what it asked. */
async function endBatch(batchId: string): Promise<string[]> {
  const { rows: [file] } = await pool.query<{ id: string }>('SELECT input_file_id AS id FROM batches WHERE id = $1', [batchId]);
  const chunks: Buffer[] = [];
  for await (const chunk of new FilesStore(pool).read(file!.id)) chunks.push(chunk);
  const asked = Buffer.concat(chunks).toString().trim().split('\n').map((line) => (JSON.parse(line) as { custom_id: string }).custom_id);
  const plan = planOf('single', ['a']);
  const request = { messages: [], sampling: {} };
  const item = { model: 'm', plan, planJson: JSON.stringify(plan), planHash: 'p', seed: 0, request, requestJson: JSON.stringify(request), simulated: true };
  await new BatchItemsStore(pool).insert(batchId, asked.map((customId, ordinal) => ({ ...item, customId, ordinal, line: ordinal + 1 })));
  await pool.query(`UPDATE batch_items SET status = 'failed', failure = '{"code":"server_error","message":"away"}' WHERE batch_id = $1`, [batchId]);
  await pool.query(`UPDATE batches SET status = 'completed', item_count = $2 WHERE id = $1`, [batchId, asked.length]);
  return asked;
}

describe('the batch of a benchmark', () => {
  it('is not made while the run is paused or after it was canceled', async () => {
    const { id, make, batchesOf } = await runByBatch();
    await state.setStatus(id, 'paused', { code: 'user', message: '' });
    expect(await make()).toEqual({ stop: 'pause' });
    await state.requestCancel(id);
    expect(await make()).toEqual({ stop: 'cancel' });
    expect(await batchesOf()).toEqual([]);
  });

  it('is canceled where the run was canceled while it was written: whoever starts it finds the mark', async () => {
    const { make, batchesOf } = await runByBatch((id) => state.requestCancel(id));
    expect(await make()).toEqual({ stop: 'cancel' });
    expect(await batchesOf()).toMatchObject([{ canceled: true }]);
  });

  it('stands still where the run was paused meanwhile, and goes on with the run, as the same batch', async () => {
    const { id, make, batchesOf } = await runByBatch((run) => state.setStatus(run, 'paused', { code: 'user', message: '' }));
    expect(await make()).toEqual({ stop: 'pause' });
    expect(await batchesOf()).toMatchObject([{ status: 'paused', reason: { code: 'user' } }]);
    await state.setStatus(id, 'running', null);
    expect(await make()).toMatchObject({ isOver: false });
    expect(await batchesOf()).toMatchObject([{ status: 'pending', reason: null }]);
  });

  it('waits for one that is being canceled, whose answers may still come', async () => {
    const { id, make } = await runByBatch();
    const made = await make();
    expect(made).toMatchObject({ items: 1 });
    await pool.query(`UPDATE run_benchmarks SET batch_id = NULL WHERE run_id = $1`, [id]);
    await expect(make()).rejects.toMatchObject({ type: 'batch_running' });
    await pool.query(`UPDATE batches SET status = 'canceled' WHERE metadata->>'run_id' = $1`, [id]);
    expect(await make()).toMatchObject({ items: 1, isOver: false });
  });

  it('is followed by the next one where it may not hold all samples: each made once, whoever dies when, and each sample asked once', async () => {
    let deaths = 0;
    // Dies between the claim and the rows, of every other attempt.
    const dying = (): Promise<unknown> => (deaths++ % 2 === 0 ? Promise.reject(new Error('killed')) : Promise.resolve());
    const { id, make, collect, batchesOf } = await runByBatch(dying, { count: 5, batchSamples: 2 });
    const asked: string[][] = [];
    for (const more of [true, true, undefined]) {
      await expect(make()).rejects.toThrow('killed');
      const made = await make();
      expect(await make()).toMatchObject({ batchId: (made as { batchId: string }).batchId });
      const { batchId } = made as { batchId: string };
      asked.push(await endBatch(batchId));
      expect((await collect(batchId)).more).toBe(more);
      // Again, as Temporal had not heard of it.
      expect((await collect(batchId)).more).toBe(more);
    }
    expect(asked.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(new Set(asked.flat()).size).toBe(5);
    expect(await batchesOf()).toHaveLength(3);
    expect(await new RunSamplesStore(pool).counts(id)).toEqual({ samples: 5, done: 0, errors: 5 });
  });
});

describe('a run that is requeued', () => {
  it('has its samples pending again, or is as it was, wherever the process dies', async () => {
    const { id } = await runByBatch();
    await pool.query(`UPDATE runs SET status = 'canceled', cancel_requested_at = now() WHERE id = $1`, [id]);
    await pool.query(`UPDATE run_samples SET status = 'canceled' WHERE run_id = $1`, [id]);
    let statements = 0;
    const dying: Sql = { query: (statement) => (statements++ === 0 ? pool.query(statement) : Promise.reject(new Error('the process is gone'))) };
    await new RunStateStore(dying).reopen(id).catch(() => undefined);
    const { rows } = await pool.query(`SELECT run.status, sample.status AS sample FROM runs run JOIN run_samples sample ON sample.run_id = run.id WHERE run.id = $1`, [id]);
    expect(rows).toEqual([{ status: 'queued', sample: 'pending' }]);
    expect(await state.reopen(id)).toBe(false);
  });
});
