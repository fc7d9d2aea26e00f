import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { BatchPlanningStore } from '../src/batches/batch-planning.store.js';
import { BatchStateStore } from '../src/batches/batch-state.store.js';
import { BatchesStore } from '../src/batches/batches.store.js';
import { ProviderJobsStore } from '../src/batches/provider-jobs.store.js';
import { createPostgresPool } from '../src/database/postgres-pool.js';
import type { Provider } from '../src/providers/provider.js';
import { createBatchRows } from '../test/support/batch-rows.js';
import { createTestDatabase, type TestDatabase } from '../test/support/database.js';
import { planOf } from '../workflows/consensus/scripted-context.js';
import { planRound } from './plan-round.js';
import { retryFailedItems } from './retry-failed-items.js';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPostgresPool({ databaseUrl: database.url, size: 4, name: 'retry spec' });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const unused = () => {
  throw new Error('Planning sends nothing.');
};
const provider: Provider = {
  name: 'scripted',
  generate: unused,
  listModels: unused,
  batch: { limits: { lines: 1_000, bytes: 1_000_000, oneModel: true }, render: () => Promise.resolve({ endpoint: '', body: {}, droppedParameters: [] }), upload: unused, create: unused, find: unused, confirms: unused, status: unused, results: unused, cancel: unused },
};

const plan = (batchId: string, round: number) => planRound({ planning: new BatchPlanningStore(pool), provider: () => provider, price: () => null, outputLimit: () => null, contextLimit: () => null, batchSupport: () => null, jobTokenLimit: () => null, acceptsImages: () => true }, { batchId, round });

describe('a batch whose workflow was ended by force', () => {
  it('keeps no places, and goes on with the job at the provider when it is retried', async () => {
    const batches = new BatchesStore(pool);
    const jobs = new ProviderJobsStore(pool);
    const batchId = await createBatchRows(pool, { items: [0, 1].map(() => ({ plan: planOf('single', ['a']) })) });
    const [job] = (await plan(batchId, 0)).jobs;
    if (!job) throw new Error('nothing was planned');
    await jobs.takePlace({ id: job.jobId, batchId, provider: job.provider, model: 'a' }, { providerLimit: 1, modelLimit: null, batchLimit: 1 });
    await jobs.beginCreation({ id: job.jobId, provider: job.provider }, { apartMs: 60_000 });
    const reason = { code: 'internal', message: 'terminated' };
    await batches.settleItems(batchId, 'failed', reason);
    await batches.finish(batchId, { status: 'failed', reason, outputFileId: null, errorFileId: null });

    const otherId = await createBatchRows(pool, { items: [{ plan: planOf('single', ['a']) }] });
    const [other] = (await plan(otherId, 0)).jobs;
    expect(await jobs.takePlace({ id: other?.jobId ?? '', batchId: otherId, provider: job.provider, model: 'a' }, { providerLimit: 1, modelLimit: null, batchLimit: 1 })).toBe(true);
    expect(await jobs.beginCreation({ id: other?.jobId ?? '', provider: job.provider }, { apartMs: 60_000 })).not.toBeNull();

    expect(await retryFailedItems(new BatchStateStore(pool), batchId)).toEqual({ items: 2 });
    expect(await plan(batchId, 1)).toMatchObject({ jobs: [{ jobId: job.jobId, lines: 2 }], pending: 2, waiting: 0 });
    const { rows } = await pool.query('SELECT status, count(*)::integer FROM batch_calls WHERE batch_id = $1 GROUP BY 1', [batchId]);
    expect(rows).toEqual([{ status: 'assigned', count: 2 }]);
  });
});
