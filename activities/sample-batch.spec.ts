import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { Sql } from '../src/database/sql.js';
import { RunSamplesStore } from '../src/runs/run-samples.store.js';
import { RunStateStore } from '../src/runs/run-state.store.js';
import { SampleBatchesStore } from '../src/runs/sample-batches.store.js';
import { batchOptions } from '../test/support/batch-rows.js';
import { createTestDatabase, type TestDatabase } from '../test/support/database.js';
import { newRun } from '../test/support/runs.js';
import { planOf } from '../workflows/consensus/scripted-context.js';
import { runPolicies } from '../workflows/policies/run-policies.js';
import type { RunParts } from './run-parts.js';
import { makeSampleBatch } from './sample-batch.js';

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

/** A run by batch with one sample to ask; `meanwhile` happens while its batch is written. */
async function runByBatch(meanwhile: (id: string) => Promise<unknown> = () => Promise.resolve()) {
  const id = `run_${String(++runs).padStart(24, '0')}`;
  await state.create(newRun({ id, plan: planOf('single', ['a']), benchmarks: ['conclave-mini'], mode: 'batch' }));
  await state.begin(id, {});
  await state.beginBenchmark(id, 'conclave-mini');
  const samples = new RunSamplesStore(pool);
  const item = { id: 'one', question: '?', choices: [], target: '1', category: null };
  await samples.insert(id, 'conclave-mini', [{ id: `${id}.conclave-mini.0`, ordinal: 0, epoch: 0, item, order: null, expected: '1', request: { messages: [{ role: 'user', content: '?' }], sampling: {} } }]);
  class Interrupted extends SampleBatchesStore {
    override async create(...batch: Parameters<SampleBatchesStore['create']>): Promise<number> {
      await meanwhile(id);
      return super.create(...batch);
    }
  }
  // What making a batch needs of the parts.
  const parts = { state, samples, batches: new Interrupted(pool, batchOptions), policy: runPolicies.test } as unknown as RunParts;
  const batchesOf = async () => (await pool.query<{ status: string; reason: { code: string } | null; canceled: boolean }>(`SELECT status, reason, cancel_requested_at IS NOT NULL AS canceled FROM batches WHERE metadata->>'run_id' = $1`, [id])).rows;
  return { id, make: () => makeSampleBatch(parts, { runId: id, benchmark: 'conclave-mini' }), batchesOf };
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
