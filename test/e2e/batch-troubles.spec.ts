import { describe, expect, it } from '@jest/globals';
import { BatchClient } from '../support/batch-client.js';
import { conclave } from '../support/conclave-client.js';
import { rowsOf } from '../support/database.js';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { stackAddresses } from '../support/stack.js';
import { until } from '../support/until.js';

const openai = 'openai/gpt-4o-mini';
const anthropic = 'anthropic/claude-sonnet-4-20250514';
/** About two seconds. */
const soonTooOld = { max_age_hours: 0.0006 };

const batches = () => new BatchClient(conclave());
const prompts = (mark: string, count: number) => Array.from({ length: count }, (_, index) => `(${mark}) What is ${String(index)} * 3?`);

/** Requests and lines about this mark that a provider answered, and so charged, more than once. */
async function paidTwice(mark: string): Promise<unknown[]> {
  const seen = await rowsOf<{ text: string }>(stackAddresses().databaseUrl, `SELECT completion_id FROM calls JOIN batch_items ON batch_items.id = completion_id WHERE request::text LIKE $1 AND outcome = 'succeeded' GROUP BY completion_id, key HAVING count(*) > 1`, [`%${mark}%`]);
  return seen;
}

describe('a job that does not end well', () => {
  // Gemini delivers nothing of a job that was canceled, and charges nothing for it.
  it.each([[openai, 2], [anthropic, 2], ['gemini/gemini-2.0-flash-001', 0]])('of %s and is stuck is canceled at its age; what is done stays, the rest goes by realtime', async (model, done) => {
    const mark = marker();
    await simulatedProvider().rules({ effect: 'job_hold', contains: mark, rows: 2, count: 1 });
    const id = await batches().start(model, prompts(mark, 5), { ...soonTooOld, on_stuck: 'realtime' });
    const batch = await batches().ended(id);
    expect(batch).toMatchObject({ status: 'completed', counts: { succeeded: 5 } });
    expect(batch.jobs.map(({ mode }) => mode)).toEqual(['batch', 'realtime']);
    const modes = await rowsOf(stackAddresses().databaseUrl, `SELECT mode, count(*)::int AS calls FROM calls WHERE group_id = $1 AND outcome = 'succeeded' GROUP BY 1 ORDER BY 1`, [id]);
    expect(modes).toEqual([...(done > 0 ? [{ mode: 'batch', calls: done }] : []), { mode: 'realtime', calls: 5 - done }]);
    expect(await paidTwice(mark)).toEqual([]);
  });

  it('expires: what is done stays, the rest is submitted again', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: 'job_expired', contains: mark, rows: 3, count: 1 });
    const id = await batches().start(openai, prompts(mark, 5));
    expect((await batches().ended(id)).counts).toMatchObject({ succeeded: 5 });
    expect((await simulatedProvider().jobs({ contains: mark })).map(({ counts }) => counts.total)).toEqual([5, 2]);
  });

  it('expires where the rest is to be reported: the batch ends and names it', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: 'job_expired', contains: mark, rows: 3 });
    const id = await batches().start(openai, prompts(mark, 5), { on_stuck: 'fail' });
    expect((await batches().ended(id)).counts).toMatchObject({ succeeded: 3, failed: 2 });
  });

  it('is canceled by somebody at the provider: it is not polled for ever, and the rest is submitted again', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: 'job_cancelled', contains: mark, rows: 1, count: 1 });
    const id = await batches().start(anthropic, prompts(mark, 3));
    expect((await batches().ended(id)).counts).toMatchObject({ succeeded: 3 });
  });

  it('fails as a whole every time: its lines fail after their attempts, with the reason', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: 'job_failed', contains: mark });
    const id = await batches().start(openai, prompts(mark, 3), { max_attempts: 2 });
    const batch = await batches().ended(id);
    expect(batch.counts).toMatchObject({ succeeded: 0, failed: 3 });
    expect(await simulatedProvider().jobs({ contains: mark })).toHaveLength(2);
  });
});

describe('troubles of a provider', () => {
  it('refuses the key while polling: the batch pauses with the reason, and goes on with the same job when resumed', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: 'job_hold', contains: mark });
    const id = await batches().start(openai, prompts(mark, 3));
    await batches().until(id, ['running']);
    const [job] = await simulatedProvider().jobs({ contains: mark });
    await simulatedProvider().rules({ effect: '401', endpoint: 'batches.retrieve', contains: job?.id ?? '', count: 1 });
    const paused = await batches().until(id, ['paused']);
    expect(paused).toMatchObject({ reason: { code: 'auth' }, counts: { failed: 0 } });
    await simulatedProvider().release({ contains: mark });
    await batches().control(id, 'resume');
    expect((await batches().ended(id)).counts).toMatchObject({ succeeded: 3 });
    expect(await simulatedProvider().jobs({ contains: mark })).toHaveLength(1);
  });

  it('is out of order while polling: the batch waits and loses nothing', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: 'job_hold', contains: mark });
    const id = await batches().start(anthropic, prompts(mark, 3));
    await simulatedProvider().waitForJobs(1, { contains: mark });
    const [job] = await simulatedProvider().jobs({ contains: mark });
    await simulatedProvider().rules({ effect: '503', endpoint: 'batches.retrieve', contains: job?.id ?? '', count: 8 });
    const troubled = () => rowsOf<{ trouble_count: number }>(stackAddresses().databaseUrl, 'SELECT trouble_count FROM provider_jobs WHERE batch_id = $1', [id]);
    await until('trouble', async () => ((await troubled())[0]?.trouble_count ?? 0) > 0);
    await until('its end', async () => (await troubled())[0]?.trouble_count === 0);
    await simulatedProvider().release({ contains: mark });
    expect(await batches().ended(id)).toMatchObject({ status: 'completed', counts: { succeeded: 3 } });
  });

  it('limits the creation five times and more: the batch pauses itself, says so, and resumes by itself', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: '429', endpoint: 'batches.create', provider: 'groq', contains: mark, count: 6, retryAfterSeconds: 0 });
    const id = await batches().start('groq/llama-3.3-70b-versatile', prompts(mark, 3));
    const paused = await batches().until(id, ['paused']);
    expect(paused.reason).toMatchObject({ code: 'rate_limit' });
    expect((await batches().ended(id)).counts).toMatchObject({ succeeded: 3 });
    expect(await simulatedProvider().jobs({ contains: mark })).toHaveLength(1);
  });
});

describe('steering', () => {
  it('pauses: nothing new is submitted, what is at the provider is collected; then resumes', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: 'job_hold', contains: mark, count: 1 }, { effect: '500', mode: 'batch', contains: `(${mark}) What is 1 *`, count: 1 });
    const id = await batches().start(openai, prompts(mark, 3));
    await batches().until(id, ['running']);
    await batches().control(id, 'pause');
    await batches().until(id, ['paused']);
    await simulatedProvider().release({ contains: mark });
    await until('collection', async () => (await batches().read(id)).counts.succeeded === 2 || (await batches().read(id)).jobs[0]?.status === 'collected');
    expect(await simulatedProvider().jobs({ contains: mark })).toHaveLength(1);
    await batches().control(id, 'resume');
    expect((await batches().ended(id)).counts).toMatchObject({ succeeded: 3 });
    expect(await simulatedProvider().jobs({ contains: mark })).toHaveLength(2);
  });

  it('switches to realtime after what is at the provider is collected', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: 'job_hold', contains: mark, count: 1 }, { effect: '500', mode: 'batch', contains: `(${mark}) What is 1 *` });
    const id = await batches().start(openai, prompts(mark, 3));
    await batches().until(id, ['running']);
    await batches().control(id, 'switch', { mode: 'realtime' });
    await simulatedProvider().release({ contains: mark });
    const batch = await batches().ended(id);
    expect(batch).toMatchObject({ mode: 'realtime', counts: { succeeded: 3 } });
    expect(batch.jobs.map(({ mode }) => mode)).toEqual(['batch', 'realtime']);
  });

  it('retries failed items of a batch that is over, and only those', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: '400', mode: 'batch', contains: `(${mark}) What is 1 *`, count: 1 });
    const id = await batches().start(openai, prompts(mark, 3));
    expect((await batches().ended(id)).counts).toMatchObject({ succeeded: 2, failed: 1 });
    await batches().control(id, 'retry');
    await until('retried', async () => (await batches().read(id)).counts.succeeded === 3);
    expect((await simulatedProvider().jobs({ contains: mark })).map(({ counts }) => counts.total)).toEqual([3, 1]);
  });
});

describe('mode realtime', () => {
  it('makes every call once, retries what may pass, and fails what cannot', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: '503', mode: 'realtime', contains: `(${mark}) What is 1 *`, count: 1 }, { effect: '400', mode: 'realtime', contains: `(${mark}) What is 2 *` });
    const id = await batches().start(openai, prompts(mark, 8), { mode: 'realtime' });
    const batch = await batches().ended(id);
    expect(batch.counts).toMatchObject({ succeeded: 7, failed: 1 });
    expect(await simulatedProvider().jobs({ contains: mark })).toHaveLength(0);
    const attempts = await rowsOf(stackAddresses().databaseUrl, `SELECT outcome, count(*)::int AS attempts FROM calls WHERE group_id = $1 GROUP BY 1 ORDER BY 1`, [id]);
    expect(attempts).toEqual([{ outcome: 'failed', attempts: 2 }, { outcome: 'succeeded', attempts: 7 }]);
  });

  it('stops at once when it is canceled', async () => {
    const mark = marker();
    await simulatedProvider().rules({ effect: 'hold', mode: 'realtime', contains: mark });
    const id = await batches().start(openai, prompts(mark, 30), { mode: 'realtime' });
    await simulatedProvider().wait({ held: 1 }, { contains: mark });
    await batches().control(id, 'cancel');
    const batch = await batches().ended(id);
    expect(batch).toMatchObject({ status: 'canceled', counts: { pending: 0, succeeded: 0 } });
    expect((await simulatedProvider().requests({ contains: mark })).length).toBeLessThan(30);
    await simulatedProvider().release({ contains: mark });
  });
});

describe('a council as a batch', () => {
  it('goes stage by stage: one job per stage and member over all items', async () => {
    const mark = marker();
    const id = await batches().start('composite/council/openai/gpt-4o', prompts(mark, 4), { mode: 'batch', parameters: { max_tokens: 300, council_models: ['openai/gpt-4o-mini', anthropic] } });
    const batch = await batches().ended(id);
    expect(batch).toMatchObject({ status: 'completed', counts: { succeeded: 4 } });
    expect((await batches().results(id)).every(({ text }) => text !== null && text !== '')).toBe(true);
    expect(batch.jobs.every(({ mode }) => mode === 'batch')).toBe(true);
  });
});
