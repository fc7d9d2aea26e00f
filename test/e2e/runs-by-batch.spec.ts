import { describe, expect, it } from '@jest/globals';
import { BatchClient } from '../support/batch-client.js';
import { conclave } from '../support/conclave-client.js';
import { rowsOf } from '../support/database.js';
import { marker } from '../support/marker.js';
import { RunClient } from '../support/run-client.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { stackAddresses } from '../support/stack.js';
import { until } from '../support/until.js';

const api = conclave();
const runs = new RunClient(api);
const batches = new BatchClient(api);
const simulated = simulatedProvider();
const model = 'openai/gpt-4o-mini';
const rows = <Row extends Record<string, unknown>>(sql: string, values: unknown[]) => rowsOf<Row>(stackAddresses().databaseUrl, sql, values);

/** Starts a run by batch whose requests carry the mark. */
const start = (mark: string, body: Record<string, unknown> = {}) => runs.start(model, { mode: 'batch', subset_count: 10, config: { max_tokens: 100, system_prompt: mark }, ...body });
const sizes = async (mark: string) => (await simulated.jobs({ contains: mark })).map(({ counts }) => counts.total);
const batchOf = async (id: string) => (await runs.read(id)).benchmarks[0]!.batch_id!;

/** What the run's batches were charged by the ledger, and how many samples have an answer that was paid more than once. */
async function paid(id: string): Promise<{ calls: number; nanoUsd: number; tokens: number; twice: number }> {
  const [sums] = await rows<{ calls: number; nanoUsd: number; tokens: number; twice: number }>(
    `WITH paid AS (SELECT item.custom_id, call.* FROM calls call JOIN batch_items item ON item.id = call.completion_id JOIN batches batch ON batch.id = item.batch_id WHERE batch.metadata->>'run_id' = $1 AND call.outcome = 'succeeded')
     SELECT count(*)::integer AS calls, coalesce(sum(cost_nano_usd), 0)::float8 AS "nanoUsd", coalesce(sum(input_tokens + output_tokens), 0)::integer AS tokens, (count(*) - count(DISTINCT custom_id))::integer AS twice FROM paid`,
    [id],
  );
  return sums!;
}

const budgetOf = async (id: string) => (await rows('SELECT spent_nano_usd::float8 AS "spentNanoUsd", spent_tokens::integer AS "spentTokens", reserved_nano_usd::float8 AS "reservedNanoUsd", reserved_tokens::integer AS "reservedTokens" FROM budgets WHERE id = $1', [`run/${id}`]))[0]!;

describe('the cap of a run by batch', () => {
  // A line may take about 190 tokens or 0.00004 USD and takes half of it, so that some lines fit, and not all.
  it.each([
    { field: 'token_cap', code: 'token_cap', low: 500, high: 1_000_000 },
    { field: 'cost_cap_usd', code: 'cost_cap', low: 0.000_055, high: 1 },
  ] as const)('$field is set aside before lines are submitted: the run pauses at it, spends no more, and goes on with a higher one', async ({ field, code, low, high }) => {
    const mark = marker();
    const id = await start(mark, { [field]: low });
    const paused = await runs.until(id, ['paused', 'succeeded', 'failed']);
    expect(paused).toMatchObject({ status: 'paused', reason: { code, message: expect.stringContaining('Raise the cap') } });
    const soFar = await paid(id);
    expect(soFar.calls).toBeGreaterThan(0);
    expect(soFar.calls).toBeLessThan(10);
    expect(code === 'token_cap' ? soFar.tokens : soFar.nanoUsd / 1e9).toBeLessThanOrEqual(low);
    expect(await budgetOf(id)).toEqual({ spentNanoUsd: soFar.nanoUsd, spentTokens: soFar.tokens, reservedNanoUsd: 0, reservedTokens: 0 });

    expect((await runs.act(id, 'resume', { [field]: high })).status).toBe(200);
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded', [field]: high, summary: { samples: 10, done: 10, errors: 0 } });
    const all = await paid(id);
    expect(all).toMatchObject({ calls: 10, twice: 0 });
    expect((await sizes(mark)).reduce((sum, lines) => sum + lines, 0)).toBe(10);
    expect(await budgetOf(id)).toEqual({ spentNanoUsd: all.nanoUsd, spentTokens: all.tokens, reservedNanoUsd: 0, reservedTokens: 0 });
  });

  it('holds over retries too: what the first batch cost is not there for the second', async () => {
    const mark = marker();
    await simulated.rules({ effect: '400', contains: mark, count: 4 });
    const id = await start(mark, { token_cap: 5_000 });
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded', summary: { done: 6, errors: 4 } });
    const first = await batchOf(id);
    await runs.act(id, 'retry-errors');
    await until('the errors to be answered', async () => (await runs.read(id)).summary.done === 10);
    await runs.ended(id);
    expect(await batchOf(id)).not.toBe(first);
    const all = await paid(id);
    expect(all).toMatchObject({ calls: 10, twice: 0 });
    expect(await budgetOf(id)).toMatchObject({ spentTokens: all.tokens, reservedTokens: 0 });
  });

  it('takes its batch along when the run is canceled at it, so that nothing is left that stands still', async () => {
    const mark = marker();
    const id = await start(mark, { token_cap: 20 });
    expect(await runs.until(id, ['paused', 'failed', 'succeeded'])).toMatchObject({ status: 'paused', reason: { code: 'token_cap' } });
    const batch = await batchOf(id);
    await runs.act(id, 'cancel');
    expect(await runs.ended(id)).toMatchObject({ status: 'canceled' });
    expect(await batches.ended(batch, 20_000)).toMatchObject({ status: 'canceled' });
    expect(await sizes(mark)).toEqual([]);
    expect((await api.request('DELETE', `/api/runs/${id}`)).status).toBe(204);
    expect(await rows('SELECT id FROM budgets WHERE id = $1 UNION ALL SELECT id FROM batches WHERE id = $2', [`run/${id}`, batch])).toEqual([]);
  });
});

describe('a run by batch that is steered', () => {
  it('submits nothing new while it is paused, and goes on with the same job', async () => {
    const mark = marker();
    await simulated.rules({ effect: 'job_hold', contains: mark });
    const id = await start(mark);
    await simulated.waitForJobs(1, { contains: mark });
    expect((await runs.act(id, 'pause')).status).toBe(200);
    expect(await runs.until(id, ['paused'])).toMatchObject({ reason: { code: 'user' } });
    expect(await batches.until(await batchOf(id), ['paused'])).toMatchObject({ reason: { code: 'user' } });
    await simulated.release({ contains: mark });
    expect((await runs.act(id, 'resume')).status).toBe(200);
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded', summary: { done: 10, errors: 0 } });
    expect(await sizes(mark)).toEqual([10]);
    expect(await paid(id)).toMatchObject({ calls: 10, twice: 0 });
  });

  it('stays canceled, ends its job at the provider, and asks only what is missing when it is requeued', async () => {
    const mark = marker();
    await simulated.rules({ effect: 'job_hold', contains: mark, rows: 4, count: 1 });
    const id = await start(mark);
    await simulated.waitForJobs(1, { contains: mark, state: 'in_progress' });
    const batch = await batchOf(id);
    expect((await runs.act(id, 'cancel')).status).toBe(200);
    expect(await runs.ended(id)).toMatchObject({ status: 'canceled', benchmarks: [{ status: 'failed' }] });
    expect(await batches.ended(batch)).toMatchObject({ status: 'canceled' });
    expect((await simulated.jobs({ contains: mark })).map(({ state }) => state)).toEqual(['cancelled']);
    expect(await runs.read(id)).toMatchObject({ status: 'canceled' });
    const { calls } = await paid(id);

    expect((await runs.act(id, 'requeue')).status).toBe(200);
    expect(await runs.ended(id)).toMatchObject({ status: 'succeeded', summary: { samples: 10, done: 10, errors: 0 } });
    expect(calls).toBeGreaterThan(0);
    expect(await paid(id)).toMatchObject({ calls: 10, twice: 0 });
    expect(await sizes(mark)).toEqual([10, 10 - calls]);
  });
});

describe('a run by batch with more samples than one batch may hold', () => {
  it('is answered by one batch after the other, each sample once', async () => {
    const mark = marker();
    // Batches of 1,400 in the policies of tests.
    const id = await start(mark, { subset_count: 60, epochs: 24, token_cap: 10_000_000 });
    expect(await runs.ended(id, 150_000)).toMatchObject({ status: 'succeeded', summary: { samples: 1_440, done: 1_440, errors: 0 } });
    expect((await sizes(mark)).sort((one, other) => other - one)).toEqual([1_400, 40]);
    const all = await paid(id);
    expect(all).toMatchObject({ calls: 1_440, twice: 0 });
    expect(await budgetOf(id)).toMatchObject({ spentTokens: all.tokens, reservedTokens: 0 });
    expect((await api.request('DELETE', `/api/runs/${id}`)).status).toBe(204);
    expect(await rows(`SELECT id FROM batches WHERE metadata->>'run_id' = $1`, [id])).toEqual([]);
  }, 180_000);
});
