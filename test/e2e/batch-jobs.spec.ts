import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { batchLines, uploadBatchFile } from '../support/batches.js';
import { BatchClient } from '../support/batch-client.js';
import { conclave, ConclaveClient } from '../support/conclave-client.js';
import { createTestDatabase, rowsOf } from '../support/database.js';
import { startTestTemporal } from '../support/engines.js';
import { marker } from '../support/marker.js';
import { startNodeProcess } from '../support/node-process.js';
import type { NodeProcess } from '../support/node-process.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { productEnvironment, stackAddresses, startApi } from '../support/stack.js';
import { until } from '../support/until.js';

const models = ['openai/gpt-4o-mini', 'anthropic/claude-sonnet-4-20250514', 'gemini/gemini-2.0-flash-001'];

const batches = () => new BatchClient(conclave());
const prompts = (mark: string, count: number) => Array.from({ length: count }, (_, index) => `(${mark}) What is ${String(index)} * 3?`);

async function recordedTwice(batchId: string, databaseUrl = stackAddresses().databaseUrl): Promise<unknown[]> {
  return rowsOf(databaseUrl, `SELECT completion_id, key FROM calls WHERE group_id = $1 AND outcome = 'succeeded' GROUP BY 1, 2 HAVING count(*) > 1`, [batchId]);
}

describe.each(models)('a batch of %s', (model) => {
  it('answers every item by one provider job, at the batch price', async () => {
    const mark = marker();
    const id = await batches().start(model, prompts(mark, 20));
    const batch = await batches().ended(id);
    expect(batch).toMatchObject({ status: 'completed', counts: { total: 20, succeeded: 20, failed: 0, pending: 0 } });
    expect(batch.jobs).toHaveLength(1);
    expect(batch.jobs[0]).toMatchObject({ status: 'collected', mode: 'batch', succeeded: 20 });
    const results = await batches().results(id);
    expect(results.map(({ custom_id }) => custom_id)).toEqual(Array.from({ length: 20 }, (_, index) => `item-${String(index)}`));
    expect(results.every(({ text }) => text !== null && text.length > 0)).toBe(true);
    const jobs = await simulatedProvider().jobs({ contains: mark });
    expect(jobs).toHaveLength(1);
    expect([batch.usage.total.input_tokens, batch.usage.total.output_tokens]).toEqual([jobs[0]?.answeredTokens.input, jobs[0]?.answeredTokens.output]);
    const calls = await rowsOf<{ mode: string }>(stackAddresses().databaseUrl, 'SELECT DISTINCT mode FROM calls WHERE group_id = $1', [id]);
    expect(calls).toEqual([{ mode: 'batch' }]);
  });

  it('submits again only the lines that failed, that have no row, that cannot be read, or whose answer came under the id of another', async () => {
    const mark = marker();
    await simulatedProvider().rules(
      { effect: '500', mode: 'batch', contains: `(${mark}) What is 3 *`, count: 1 },
      { effect: 'missing_row', contains: `(${mark}) What is 5 *`, count: 1 },
      { effect: 'malformed_row', contains: `(${mark}) What is 7 *`, count: 1 },
      { effect: 'duplicate_row', contains: `(${mark}) What is 8 *`, count: 1 },
      { effect: 'foreign_row', contains: `(${mark}) What is 9 *`, count: 1 },
      { effect: 'clashing_row', contains: `(${mark}) What is 10 *`, count: 1 },
    );
    const id = await batches().start(model, prompts(mark, 12));
    const batch = await batches().ended(id);
    expect(batch.counts).toMatchObject({ total: 12, succeeded: 12 });
    const jobs = await simulatedProvider().jobs({ contains: mark });
    expect(jobs.map(({ counts }) => counts.total)).toEqual([12, 4]);
    expect(await recordedTwice(id)).toEqual([]);
    const counted = await rowsOf(stackAddresses().databaseUrl, 'SELECT orphaned_count, duplicated_count FROM provider_jobs WHERE batch_id = $1 ORDER BY created_at LIMIT 1', [id]);
    expect(counted).toEqual([{ orphaned_count: 1, duplicated_count: 2 }]);
    // Nobody has the answer that came under another's id.
    expect((await batches().results(id)).map(({ attempts }) => attempts)).toEqual([1, 1, 1, 2, 1, 2, 1, 2, 1, 1, 2, 1]);
  });

  it('fails the items of a refused line, and keeps the others', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: '400', mode: 'batch', contains: `(${mark}) What is 2 *` });
    const id = await batches().start(model, prompts(mark, 6));
    const batch = await batches().ended(id);
    expect(batch.counts).toMatchObject({ succeeded: 5, failed: 1 });
    expect((await batches().results(id))[2]).toMatchObject({ status: 'failed', failure: { code: 'bad_request' } });
  });

  it('creates one provider job where the answer to its creation is lost', async () => {
    const mark = marker();
    const [provider = ''] = model.split('/');
    await simulatedProvider().rules({ effect: 'lost_response', endpoint: 'batches.create', provider, contains: mark, count: 1 });
    const id = await batches().start(model, prompts(mark, 4));
    const batch = await batches().ended(id);
    expect(batch.counts).toMatchObject({ succeeded: 4 });
    expect(await simulatedProvider().jobs({ contains: mark })).toHaveLength(1);
  });

  it('cancels at the provider and keeps what was done', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: 'job_hold', contains: mark, rows: 2 });
    const id = await batches().start(model, prompts(mark, 5));
    await simulatedProvider().waitForJobs(1, { contains: mark });
    await batches().until(id, ['running', 'submitted']);
    expect((await batches().control(id, 'cancel')).status).toBeLessThan(300);
    const batch = await batches().ended(id);
    // Gemini gives no results of a job that was canceled.
    const kept = model.startsWith('gemini/') ? 0 : 2;
    expect(batch).toMatchObject({ status: 'canceled', counts: { pending: 0, succeeded: kept, canceled: 5 - kept } });
    expect((await batches().results(id)).filter(({ text }) => text !== null && text !== '')).toHaveLength(kept);
    expect((await simulatedProvider().jobs({ contains: mark }))[0]?.state).toMatch(/cancel/);
  });
});

describe('a batch whose worker dies', () => {
  let api: NodeProcess & { url: string };
  let environment: Record<string, string>;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let temporal: Awaited<ReturnType<typeof startTestTemporal>>;
  const workers: NodeProcess[] = [];
  const startWorker = async () => {
    const worker = await startNodeProcess('batch worker', ['dist/src/worker.js'], environment);
    workers.push(worker);
    return worker;
  };

  /** The only worker there is: one that a test left which failed would do what the next test's is killed for. */
  const startFirst = async () => {
    for (const worker of workers) worker.kill('SIGKILL');
    await Promise.all(workers.splice(0).map((worker) => worker.exited));
    return startWorker();
  };

  beforeAll(async () => {
    [database, temporal] = await Promise.all([createTestDatabase(), startTestTemporal()]);
    environment = productEnvironment({ ...stackAddresses(), databaseUrl: database.url, temporalAddress: temporal.address }, mkdtempSync(join(tmpdir(), 'conclave-batch-')));
    api = await startApi(environment, 'batch api');
  }, 90_000);

  afterAll(async () => {
    await Promise.all([api.stop(), ...workers.map((worker) => worker.stop())]);
    await temporal.stop();
    await database.drop();
  });

  it.each(models)('between creation and record finds the job of %s instead of making another', async (model) => {
    const mark = marker();
    const [provider = ''] = model.split('/');
    const client = new BatchClient(new ConclaveClient(api.url));
    const first = await startFirst();
    await simulatedProvider().rules({ effect: 'hold_response', endpoint: 'batches.create', provider, contains: mark, count: 1 });
    const id = await client.start(model, prompts(mark, 5));
    await simulatedProvider().waitForJobs(1, { contains: mark });
    first.kill('SIGKILL');
    await first.exited;
    await simulatedProvider().release({ endpoint: 'batches.create', contains: mark });
    const second = await startWorker();
    const batch = await client.ended(id, 90_000);
    expect(batch).toMatchObject({ status: 'completed', counts: { succeeded: 5 } });
    expect(await simulatedProvider().jobs({ contains: mark })).toHaveLength(1);
    await second.stop();
  }, 150_000);

  it('while it writes results goes on in another worker: every result once, and settled', async () => {
    const mark = marker();
    const client = new BatchClient(new ConclaveClient(api.url));
    const first = await startFirst();
    // Item 2,000 waits for a lock of this spec's, so that there is time to kill the worker between two groups.
    const gate = new pg.Client({ connectionString: database.url });
    await gate.connect();
    await gate.query(`SELECT pg_advisory_lock(2000);
      CREATE FUNCTION wait_for_spec() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(2000); RETURN NEW; END';
      CREATE TRIGGER wait_for_spec BEFORE INSERT ON calls FOR EACH ROW WHEN (NEW.completion_id LIKE '%.2000') EXECUTE FUNCTION wait_for_spec()`);
    const id = await client.start('openai/gpt-4o-mini', prompts(mark, 3_000), { cost_cap_usd: 1, parameters: { max_tokens: 50 } });
    const recorded = async () => Number((await rowsOf<{ calls: string }>(database.url, 'SELECT count(*) AS calls FROM calls WHERE group_id = $1', [id]))[0]?.calls);
    await until('the group that waits', async () => (await rowsOf(database.url, `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)).length > 0, 60_000, 5);
    first.kill('SIGKILL');
    await first.exited;
    const between = await recorded();
    await gate.query('SELECT pg_advisory_unlock(2000); DROP TRIGGER wait_for_spec ON calls');
    await gate.end();
    const second = await startWorker();
    const batch = await client.ended(id, 90_000);
    expect(batch.counts).toMatchObject({ total: 3_000, succeeded: 3_000 });
    expect(between).toBeGreaterThan(0);
    expect(between).toBeLessThan(2_001);
    expect(await recorded()).toBe(3_000);
    const [job] = await simulatedProvider().jobs({ contains: mark });
    expect([batch.usage.total.input_tokens, batch.usage.total.output_tokens]).toEqual([job?.answeredTokens.input, job?.answeredTokens.output]);
    const [budget] = await rowsOf<{ reserved_nano_usd: string; spent_nano_usd: string; cost: string }>(database.url, 'SELECT reserved_nano_usd, spent_nano_usd, (SELECT sum(cost_nano_usd) FROM calls WHERE group_id = $1) AS cost FROM budgets WHERE id = (SELECT budget_id FROM batches WHERE id = $1)', [id]);
    expect(budget).toMatchObject({ reserved_nano_usd: '0', spent_nano_usd: budget?.cost });
    const counted = await rowsOf(database.url, 'SELECT orphaned_count, duplicated_count FROM provider_jobs WHERE batch_id = $1', [id]);
    expect(counted).toEqual([{ orphaned_count: 0, duplicated_count: 0 }]);
    await second.stop();
  }, 200_000);

  it.each(['SIGKILL', 'SIGTERM'] as const)('by %s while it makes calls repeats only what was under way', async (signal) => {
    const mark = marker();
    const client = new BatchClient(new ConclaveClient(api.url));
    const first = await startFirst();
    const held = `(${mark}) What is 20 *`;
    await simulatedProvider().rules({ effect: 'hold', mode: 'realtime', contains: held });
    const id = await client.start('openai/gpt-4o-mini', prompts(mark, 40), { mode: 'realtime' });
    await until('all other calls', async () => (await rowsOf<{ done: string }>(database.url, `SELECT count(*) AS done FROM batch_calls WHERE batch_id = $1 AND status = 'succeeded'`, [id]))[0]?.done === '39', 30_000);
    first.kill(signal);
    await first.exited;
    await simulatedProvider().release({ contains: held });
    const second = await startWorker();
    expect((await client.ended(id, 90_000)).counts).toMatchObject({ succeeded: 40 });
    expect((await simulatedProvider().requests({ contains: mark })).length).toBe(41);
    await second.stop();
  }, 150_000);

  describe('and that nobody carries out', () => {
    const client = () => new BatchClient(new ConclaveClient(api.url));
    let worker: NodeProcess;
    beforeAll(async () => {
      worker = await startWorker();
    }, 60_000);
    afterAll(() => worker.stop());

    it('as its row was written and nothing started, is started', async () => {
      const id = await client().start('openai/gpt-4o-mini', prompts(marker(), 3));
      await client().ended(id);
      await rowsOf(
        database.url,
        `INSERT INTO batches (id, caller, body_hash, interface, status, mode, defaults, options, metadata, input_file_id, simulated, created_at)
SELECT 'batch_unstarted', caller, body_hash, interface, 'pending', mode, defaults, options, metadata, input_file_id, simulated, now() - interval '1 minute' FROM batches WHERE id = $1`,
        [id],
      );
      expect(await client().ended('batch_unstarted')).toMatchObject({ status: 'completed', counts: { succeeded: 3 } });
    }, 60_000);

    /** A batch of three whose job is at the provider, with two answers, and whose workflow somebody ended. */
    const terminated = async (mark: string): Promise<string> => {
      await simulatedProvider().rules({ effect: 'job_hold', contains: mark, rows: 2 });
      const id = await client().start('openai/gpt-4o-mini', prompts(mark, 3));
      await client().until(id, ['running']);
      const connection = await Connection.connect({ address: temporal.address });
      await new Client({ connection }).workflow.getHandle(`batch/${id}`).terminate();
      await connection.close();
      expect(await client().until(id, ['failed'])).toMatchObject({ reason: { code: 'internal', message: expect.stringContaining('terminated') }, counts: { failed: 3 } });
      return id;
    };

    it('as its workflow was terminated, says so; a retry goes on with the job at the provider', async () => {
      const mark = marker();
      const id = await terminated(mark);
      await simulatedProvider().release({ contains: mark });
      await client().control(id, 'retry');
      expect(await client().until(id, ['completed'])).toMatchObject({ counts: { succeeded: 3 } });
      expect(await simulatedProvider().jobs({ contains: mark })).toHaveLength(1);
    }, 90_000);

    it.each([
      ['a cancellation ends the job at the provider and keeps what it did', (id: string) => client().control(id, 'cancel')],
      ['so does one that the api noted and died', (id: string) => rowsOf(database.url, `WITH items AS (UPDATE batch_items SET status = 'pending', failure = NULL, finished_at = NULL WHERE batch_id = $1) UPDATE batches SET status = 'submitting', cancel_requested_at = now(), finished_at = NULL WHERE id = $1`, [id])],
    ])('as its workflow was terminated: %s', async (_, cancel) => {
      const mark = marker();
      const id = await terminated(mark);
      await cancel(id);
      expect(await client().until(id, ['canceled'])).toMatchObject({ reason: null, counts: { pending: 0, succeeded: 2, canceled: 1 }, jobs: [{ status: 'canceled' }] });
      expect((await simulatedProvider().jobs({ contains: mark })).map(({ state }) => state)).toEqual([expect.stringMatching(/cancel/)]);
      expect((await client().control(id, 'cancel')).json).toMatchObject({ status: 'canceled' });
    }, 90_000);

    it('as it stands still and the signal of its cancellation was lost, hears of it', async () => {
      const id = await client().start('openai/gpt-4o-mini', prompts(marker(), 3), { cost_cap_usd: 0.000_000_1 });
      await client().until(id, ['paused']);
      await rowsOf(database.url, 'UPDATE batches SET cancel_requested_at = now() WHERE id = $1', [id]);
      expect(await client().ended(id)).toMatchObject({ status: 'canceled', counts: { canceled: 3 } });
    }, 60_000);
  });

  describe('and that is mended', () => {
    const client = () => new BatchClient(new ConclaveClient(api.url));
    const post = (path: string, body = {}) => new ConclaveClient(api.url).request('POST', path, body);
    const killApi = async () => {
      api.kill('SIGKILL');
      await api.exited;
    };
    const startAgain = async () => {
      api = await startApi(environment, 'batch api');
    };

    it('as an api dies half-way through judging its answers: nothing is judged, and a repetition judges all of them without a call', async () => {
      const worker = await startWorker();
      const mark = marker();
      const lines = prompts(mark, 450).map((prompt, index) => ({ custom_id: `item-${String(index)}`, body: { model: 'openai/gpt-4o-mini', max_tokens: 50, messages: [{ role: 'user', content: prompt }] } }));
      const { json: { id } } = await post('/v1/batches', { input_file_id: await uploadBatchFile(new ConclaveClient(api.url), batchLines(lines)), endpoint: '/v1/chat/completions', completion_window: '24h' });
      expect(await client().ended(id)).toMatchObject({ status: 'completed', counts: { succeeded: 450 } });
      const fileOf = async (kind: 'output' | 'error') => {
        const { json: shown } = await new ConclaveClient(api.url).get(`/v1/batches/${id as string}`);
        const fileId = (shown as Record<string, string | null>)[`${kind}_file_id`];
        return fileId ? (await new ConclaveClient(api.url).get(`/v1/files/${fileId}/content`)).text.trim().split('\n').length : null;
      };
      const holder = new pg.Client({ connectionString: database.url });
      await holder.connect();
      await holder.query('BEGIN');
      await holder.query('SELECT FROM batch_items WHERE batch_id = $1 AND ordinal = 420 FOR UPDATE', [id]);
      const schema = { type: 'object', required: ['n'] };
      const lost = post(`/api/batches/${id as string}/revalidate`, { schema }).catch(() => null);
      await until('the third page', async () => (await rowsOf(database.url, `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'UPDATE batch_items%'`)).length > 0);
      await killApi();
      await lost;
      await holder.query('ROLLBACK');
      await holder.end();
      await startAgain();
      expect(await client().read(id)).toMatchObject({ counts: { succeeded: 450, failed: 0 } });
      expect(await rowsOf(database.url, `SELECT options -> 'schema' AS schema FROM batches WHERE id = $1`, [id])).toEqual([{ schema: null }]);
      expect([await fileOf('output'), await fileOf('error')]).toEqual([450, null]);
      expect((await post(`/api/batches/${id as string}/revalidate`, { schema })).json).toMatchObject({ checked: 450, valid: 0, invalid: 450, changed: 450 });
      expect(await client().read(id)).toMatchObject({ status: 'completed', counts: { succeeded: 0, failed: 450 } });
      expect([await fileOf('output'), await fileOf('error')]).toEqual([null, 450]);
      expect(await simulatedProvider().jobs({ contains: mark })).toHaveLength(1);
      await worker.stop();
    }, 120_000);

    it('as the api dies before it starts what a repair opened, and the worker while it makes that: what was missing is made once, and nothing else', async () => {
      const first = await startWorker();
      const mark = marker();
      const id = await client().start('openai/gpt-4o-mini', prompts(mark, 6), { cost_cap_usd: 1 });
      expect(await client().ended(id)).toMatchObject({ status: 'completed', counts: { succeeded: 6 } });
      await rowsOf(database.url, 'DELETE FROM calls WHERE completion_id = ANY($1)', [[`${id}.1`, `${id}.4`]]);
      await simulatedProvider().rules({ effect: 'job_hold', contains: mark });
      // Temporal answers nobody, so that the api can't start anything.
      process.kill(temporal.pid, 'SIGSTOP');
      try {
        const lost = post(`/api/batches/${id}/repair`).catch(() => null);
        await until('the batch to be open again', async () => (await client().read(id)).status === 'submitting');
        await killApi();
        await lost;
      } finally {
        process.kill(temporal.pid, 'SIGCONT');
      }
      await startAgain();
      await simulatedProvider().waitForJobs(2, { contains: mark });
      expect((await post(`/api/batches/${id}/repair`)).json).toMatchObject({ calls: 0, items: 0 });
      first.kill('SIGKILL');
      await first.exited;
      await simulatedProvider().release({ contains: mark });
      const second = await startWorker();
      expect(await client().ended(id, 90_000)).toMatchObject({ status: 'completed', counts: { succeeded: 6, failed: 0 } });
      expect((await simulatedProvider().jobs({ contains: mark })).map(({ counts }) => counts.total)).toEqual([6, 2]);
      expect(await recordedTwice(id, database.url)).toEqual([]);
      expect((await new ConclaveClient(api.url).get(`/api/batches/${id}/verify`)).json).toMatchObject({ whole: true, totals: { valid: 6, missing: 0, orphaned: 0 } });
      await second.stop();
    }, 180_000);
  });

  it('keeps every history below 200 events', async () => {
    const connection = await Connection.connect({ address: temporal.address });
    const client = new Client({ connection });
    let histories = 0;
    for await (const { workflowId, runId } of client.workflow.list()) {
      const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      expect(events?.length ?? 0).toBeLessThan(200);
      histories++;
    }
    expect(histories).toBeGreaterThan(0);
    await connection.close();
  });
});
