import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { restOfJob } from '../../domain/batches/after-job.js';
import { BudgetsStore } from '../budgets/budgets.store.js';
import { createPostgresPool } from '../database/postgres-pool.js';
import type { JobStatus } from '../providers/batch-provider.js';
import type { CallRecord } from '../traces/calls.store.js';
import { BatchStateStore } from './batch-state.store.js';
import { JobLinesStore } from './job-lines.store.js';
import type { LineOutcome } from './job-lines.store.js';
import { ProviderJobsStore } from './provider-jobs.store.js';

let database: TestDatabase;
let pool: pg.Pool;
let jobs: ProviderJobsStore;
let lines: JobLinesStore;

const limits = { providerLimit: 2, modelLimit: null, batchLimit: 2 };

async function batch(id: string): Promise<void> {
  await pool.query(`INSERT INTO files (id, caller, purpose, filename, status) VALUES ($1, 'anonymous', 'batch', 'in.jsonl', 'processed')`, [`file-${id}`]);
  await pool.query(
    `INSERT INTO batches (id, caller, body_hash, interface, status, mode, defaults, options, metadata, input_file_id, item_count, simulated)
     VALUES ($1, 'anonymous', 'hash', 'conclave', 'submitting', 'batch', '{}', '{"maxAttempts": 2, "onStuck": "resubmit", "maxInflight": 10}', '{}', $2, 3, true)`,
    [id, `file-${id}`],
  );
}

async function job(id: string, batchId: string, facts: { provider?: string; model?: string; status?: string; mode?: string; lines?: number; attempt?: number } = {}): Promise<string[]> {
  await pool.query(
    `INSERT INTO provider_jobs (id, batch_id, round, mode, provider, model, endpoint, status, line_count) VALUES ($1, $2, 0, $3, $4, $7, '', $5, $6)`,
    [id, batchId, facts.mode ?? 'batch', facts.provider ?? 'p', facts.status ?? 'planned', facts.lines ?? 0, facts.model ?? 'm'],
  );
  const ids: string[] = [];
  for (let line = 0; line < (facts.lines ?? 0); line++) {
    const item = `${id}.${String(line)}`;
    await pool.query(
      `INSERT INTO batch_items (id, batch_id, ordinal, custom_id, model, plan_hash, seed, request, status) VALUES ($1, $2, (SELECT count(*) FROM batch_items WHERE batch_id = $2), $1, 'm', 'h', 1, '{"messages": []}', 'pending')`,
      [item, batchId],
    );
    const { rows } = await pool.query<{ id: string }>(
      `INSERT INTO batch_calls (batch_id, item_id, key, provider, model, input, status, attempt, job_id) VALUES ($1, $2, 'answer/0/0/0', 'p', 'm', '{}', 'assigned', $3, $4) RETURNING id`,
      [batchId, item, facts.attempt ?? 1, id],
    );
    if (rows[0]) ids.push(rows[0].id);
  }
  return ids;
}

function record(itemId: string, outcome: 'succeeded' | 'failed'): CallRecord {
  const failed = outcome === 'failed';
  return {
    completionId: itemId, key: 'answer/0/0/0', stage: 'answer', memberIndex: 0, attempt: 1, provider: 'p', model: 'm', requestHash: 'h', text: failed ? null : 'x\ud800 "{}', toolCalls: failed ? null : [{ id: 't', name: 'n', argumentsJson: '{"a": "b\ud800"}' }],
    finishReason: failed ? null : 'stop', usage: failed ? null : { inputTokens: 10, outputTokens: 5, cachedInputTokens: 0, reasoningTokens: 0 }, costNanoUsd: failed ? null : 300, price: null, startedAt: 1_000, firstTokenAt: null, endedAt: 2_000, outcome,
    failureCode: failed ? 'server_error' : null, failureMessage: failed ? 'broke' : null, droppedParameters: [], responseId: null, groupId: 'g', mode: 'batch',
  };
}

function succeeded(id: string, itemId: string): LineOutcome {
  return { id, status: 'succeeded', realtimeOnly: false, failure: null, record: record(itemId, 'succeeded') };
}

function failed(id: string, itemId: string): LineOutcome {
  return { id, status: 'waiting', realtimeOnly: false, failure: { code: 'server_error', message: 'broke \ud83d…' }, record: record(itemId, 'failed') };
}

const running: JobStatus = { reference: 'ref', state: 'running', providerState: 'in_progress', total: 1, succeeded: 0, failed: 0, error: null, results: null, createdAt: null };

async function statusesOf(jobId: string): Promise<string[]> {
  const { rows } = await pool.query<{ status: string }>('SELECT status FROM batch_calls WHERE job_id = $1 ORDER BY id', [jobId]);
  return rows.map(({ status }) => status);
}

async function calls(prefix: string): Promise<{ outcome: string; text: string | null; mode: string; group_id: string }[]> {
  return (await pool.query<{ outcome: string; text: string | null; mode: string; group_id: string }>('SELECT outcome, text, mode, group_id FROM calls WHERE completion_id LIKE $1 ORDER BY id', [`${prefix}.%`])).rows;
}

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPostgresPool({ databaseUrl: database.url, size: 10, name: 'spec' });
  jobs = new ProviderJobsStore(pool);
  lines = new JobLinesStore(pool);
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('ProviderJobsStore', () => {
  it('never gives more places than the provider has, however many ask at once', async () => {
    await batch('crowd');
    const ids = Array.from({ length: 12 }, (_, index) => `crowd-${String(index)}`);
    for (const id of ids) await job(id, 'crowd', { provider: 'crowded' });
    const taken = await Promise.all(ids.map((id) => jobs.takePlace({ id, batchId: 'crowd', provider: 'crowded', model: 'm' }, limits)));
    expect(taken.filter(Boolean)).toHaveLength(2);
  });

  it('counts the places of one batch apart', async () => {
    await batch('own');
    await batch('other');
    for (const [id, owner] of [['own-1', 'own'], ['own-2', 'own'], ['other-1', 'other']] as const) await job(id, owner, { provider: 'shared' });
    const take = (id: string, batchId: string) => jobs.takePlace({ id, batchId, provider: 'shared', model: 'm' }, { providerLimit: 2, modelLimit: null, batchLimit: 1 });
    expect(await take('own-1', 'own')).toBe(true);
    expect(await take('own-2', 'own')).toBe(false);
    expect(await take('other-1', 'other')).toBe(true);
  });

  it('counts the places of one model apart, over all batches', async () => {
    for (const id of ['by-model', 'by-model-too']) await batch(id);
    for (const [id, owner, model] of [['small-1', 'by-model', 'small'], ['small-2', 'by-model-too', 'small'], ['large-1', 'by-model', 'large']] as const) await job(id, owner, { provider: 'modelled', model });
    const take = (id: string, batchId: string, model: string) => jobs.takePlace({ id, batchId, provider: 'modelled', model }, { providerLimit: 3, modelLimit: 1, batchLimit: 3 });
    expect(await take('small-1', 'by-model', 'small')).toBe(true);
    expect(await take('small-2', 'by-model-too', 'small')).toBe(false);
    expect(await take('large-1', 'by-model', 'large')).toBe(true);
  });

  it('lets one creation at a time begin where they could not be told apart, and the next one when it is settled', async () => {
    await batch('serial');
    for (const id of ['serial-1', 'serial-2']) await job(id, 'serial', { provider: 'unmarked', status: 'creating' });
    const begin = (id: string) => jobs.beginCreation({ id, provider: 'unmarked' }, { apartMs: 60_000 });
    const began = await Promise.all([begin('serial-1'), begin('serial-2')]);
    const [first, second] = began[0] === null ? ['serial-2', 'serial-1'] : ['serial-1', 'serial-2'];
    expect(began.filter((at) => at !== null)).toHaveLength(1);
    expect(await begin(second)).toBeNull();
    expect(await jobs.beginCreation({ id: first, provider: 'unmarked' }, { apartMs: null })).toBeNull();
    await jobs.saveReference(first, { ...running, reference: first }, true);
    expect(await begin(second)).not.toBeNull();
  });

  it('waits no longer for a creation that nobody settles than it could be mistaken for another', async () => {
    await batch('stale');
    for (const id of ['stale-1', 'stale-2']) await job(id, 'stale', { provider: 'stale', status: 'creating' });
    await pool.query(`UPDATE provider_jobs SET create_started_at = now() - interval '1 hour' WHERE id = 'stale-1'`);
    const begin = (apartMs: number) => jobs.beginCreation({ id: 'stale-2', provider: 'stale' }, { apartMs });
    expect([await begin(7_200_000), await begin(60_000)]).toEqual([null, expect.any(Number)]);
  });

  it('gives up only the creation that it is told of: another attempt may have begun one since', async () => {
    await batch('since');
    await job('since-1', 'since', { provider: 'since', status: 'creating' });
    const createStartedAt = await jobs.beginCreation({ id: 'since-1', provider: 'since' }, { apartMs: null });
    for (const other of [null, (createStartedAt ?? 0) - 1]) expect(await jobs.creationRefused({ id: 'since-1', createStartedAt: other }, { keepPlace: false })).toBe(false);
    expect(await jobs.read('since-1')).toMatchObject({ status: 'creating', createStartedAt });
    expect(await jobs.creationRefused({ id: 'since-1', createStartedAt }, { keepPlace: false })).toBe(true);
    expect(await jobs.read('since-1')).toMatchObject({ status: 'planned', createStartedAt: null });
  });

  it('remembers what was mistaken for a job, and that it is still to be looked for', async () => {
    await batch('mistake');
    await job('mistake-1', 'mistake', { provider: 'mistaken', status: 'creating' });
    await jobs.beginCreation({ id: 'mistake-1', provider: 'mistaken' }, { apartMs: 60_000 });
    await jobs.saveReference('mistake-1', { ...running, reference: 'theirs' }, false);
    await jobs.end('mistake-1', null);
    await jobs.rejectReference('mistake-1');
    expect(await jobs.read('mistake-1')).toMatchObject({ status: 'creating', reference: null, certain: true, rejectedReferences: ['theirs'], createStartedAt: expect.any(Number) });
  });

  it('keeps what a provider says, also where it was cut within an emoji', async () => {
    await batch('cut');
    await job('cut-1', 'cut', { status: 'running' });
    const said = { code: 'server_error', message: 'broke \ud83d…' };
    await jobs.saveStatus('cut-1', { ...running, error: said.message });
    await jobs.noteTrouble('cut-1', said);
    await jobs.end('cut-1', said);
    await jobs.close('cut-1', 'failed', { reason: said });
    expect(await jobs.read('cut-1')).toMatchObject({ status: 'failed', reason: { message: 'broke \ufffd…' }, lastStatus: { error: 'broke \ufffd…' } });
    await new BatchStateStore(pool).setStatus('cut', { status: 'paused', reason: said });
    expect((await pool.query(`SELECT reason FROM batches WHERE id = 'cut'`)).rows).toEqual([{ reason: { ...said, message: 'broke \ufffd…' } }]);
  });

  it('tells by its jobs what a batch is doing, and leaves a paused one alone', async () => {
    await batch('told');
    await job('told-1', 'told', { provider: 'telling', status: 'creating' });
    const status = async () => (await pool.query<{ status: string }>(`SELECT status FROM batches WHERE id = 'told'`)).rows[0]?.status;
    await jobs.saveReference('told-1', { ...running, reference: 'told' }, true);
    await jobs.refreshBatchStatus('told');
    expect(await status()).toBe('submitted');
    await jobs.saveStatus('told-1', { ...running, reference: 'told' });
    await jobs.refreshBatchStatus('told');
    expect(await status()).toBe('running');
    await jobs.end('told-1', null);
    await jobs.refreshBatchStatus('told');
    expect(await status()).toBe('collecting');
    await pool.query(`UPDATE batches SET status = 'paused' WHERE id = 'told'`);
    await jobs.close('told-1', 'collected');
    await jobs.refreshBatchStatus('told');
    expect(await status()).toBe('paused');
  });
});

describe('JobLinesStore', () => {
  it('writes a group once: the same group again changes nothing', async () => {
    await batch('once');
    const [one = '', two = ''] = await job('once-1', 'once', { lines: 2, status: 'ended' });
    const group = [succeeded(one, 'once-1.0'), failed(two, 'once-1.1')];
    expect(await lines.record('once-1', group)).toHaveLength(2);
    expect(await lines.record('once-1', group)).toHaveLength(0);
    expect(await calls('once-1')).toEqual([
      { outcome: 'succeeded', text: 'x\ufffd "{}', mode: 'batch', group_id: 'g' },
      { outcome: 'failed', text: null, mode: 'batch', group_id: 'g' },
    ]);
    expect(await statusesOf('once-1')).toEqual(['succeeded', 'waiting']);
  });

  it('takes no line of another job', async () => {
    await batch('foreign');
    const [foreign = ''] = await job('foreign-1', 'foreign', { lines: 1 });
    await job('foreign-2', 'foreign', { lines: 1 });
    expect(await lines.ofJob('foreign-2', [foreign])).toEqual([]);
    expect(await lines.record('foreign-2', [succeeded(foreign, 'foreign-1.0')])).toEqual([]);
  });

  it('gives lines without answer another attempt while they have one', async () => {
    await batch('rest');
    await job('rest-1', 'rest', { lines: 1, attempt: 1 });
    await job('rest-2', 'rest', { lines: 1, attempt: 2 });
    const rule = restOfJob('completed', { onStuck: 'resubmit' }, null);
    for (const id of ['rest-1', 'rest-2']) await lines.closeOpen(id, rule, { maxAttempts: 2, sent: true });
    expect([await statusesOf('rest-1'), await statusesOf('rest-2')]).toEqual([['waiting'], ['failed']]);
  });

  it('sends the rest of a stuck job to realtime, however often it was tried', async () => {
    await batch('stuck');
    await job('stuck-1', 'stuck', { lines: 1, attempt: 2 });
    await lines.closeOpen('stuck-1', restOfJob('stuck', { onStuck: 'realtime' }, null), { maxAttempts: 2, sent: true });
    const { rows } = await pool.query(`SELECT status, realtime_only FROM batch_calls WHERE job_id = 'stuck-1'`);
    expect(rows).toEqual([{ status: 'waiting', realtime_only: true }]);
  });

  it('believes the ledger about what a worker that died had done', async () => {
    await batch('died');
    const [one = ''] = await job('died-1', 'died', { lines: 2, mode: 'realtime', status: 'running' });
    await pool.query(`INSERT INTO calls (completion_id, key, stage, member_index, attempt, provider, model, request_hash, cost_nano_usd, input_tokens, output_tokens, started_at, ended_at, outcome) VALUES ('died-1.0', 'answer/0/0/0', 'answer', 0, 1, 'p', 'm', 'h', 70, 1, 2, now(), now(), 'succeeded')`);
    expect(await lines.reconcile('died-1')).toBe(1);
    const open: string[] = [];
    for await (const { id } of lines.stream('died-1', 10)) open.push(id);
    expect(open).not.toContain(one);
    expect(await lines.tally('died-1')).toEqual({ succeeded: 1, failed: 0, costNanoUsd: 70, tokens: 3 });
  });

  it('does not ask again elsewhere what a worker that died had recorded', async () => {
    await batch('moved');
    const [, open = ''] = await job('moved-1', 'moved', { lines: 2, mode: 'realtime', status: 'running' });
    await pool.query(`INSERT INTO calls (completion_id, key, stage, member_index, attempt, provider, model, request_hash, started_at, ended_at, outcome) VALUES ('moved-1.0', 'answer/0/0/0', 'answer', 0, 1, 'p', 'm', 'h', now(), now(), 'succeeded')`);
    expect(await lines.release('moved')).toEqual({ jobIds: ['moved-1'], lines: 1 });
    expect(await statusesOf('moved-1')).toEqual(['succeeded', 'waiting']);
    await job('moved-2', 'moved');
    await pool.query(`UPDATE batch_calls SET status = 'assigned', job_id = 'moved-2' WHERE id = $1`, [open]);
    await lines.settle('moved-1', [{ id: open, status: 'failed', realtimeOnly: false, failure: { code: 'network', message: 'late' } }]);
    expect(await statusesOf('moved-2')).toEqual(['assigned']);
  });

  it('names closed jobs whose reservation stands, until it is settled', async () => {
    const budgets = new BudgetsStore(pool);
    await batch('owing');
    await budgets.create('owing', { nanoUsd: 100, tokens: null });
    await pool.query(`UPDATE batches SET budget_id = 'owing' WHERE id = 'owing'`);
    for (const [id, status] of [['owing-1', 'canceled'], ['owing-2', 'running'], ['owing-3', 'collected']] as const) {
      await job(id, 'owing', { status });
      await budgets.reserve('owing', id, { nanoUsd: 10, tokens: 0 });
    }
    await budgets.settle('owing', 'owing-3', { nanoUsd: 5, tokens: 0 });
    expect(await jobs.unsettled('owing')).toEqual(['owing-1']);
  });

  it('takes back what no provider has, without counting it as an attempt', async () => {
    await batch('back');
    await job('back-1', 'back', { lines: 1 });
    await job('back-2', 'back', { lines: 1, provider: 'elsewhere', status: 'creating' });
    await jobs.beginCreation({ id: 'back-2', provider: 'elsewhere' }, { apartMs: null });
    expect(await lines.release('back')).toEqual({ jobIds: ['back-1'], lines: 1 });
    const { rows } = await pool.query(`SELECT status, attempt FROM batch_calls WHERE batch_id = 'back' ORDER BY id`);
    expect(rows).toEqual([{ status: 'waiting', attempt: 0 }, { status: 'assigned', attempt: 1 }]);
  });
});
