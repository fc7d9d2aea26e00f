import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ConclaveClient } from '../support/conclave-client.js';
import type { ConclaveUp } from '../support/conclave-up.js';
import { rowsOf } from '../support/database.js';
import type { SimulatedClient } from '../support/simulated-client.js';
import { until } from '../support/until.js';
import { batchModels, endOfBatch, expectEqualBooks, expectOneResultEach, numberedItems, submitPatiently } from './batch-account.js';
import { killAtRandom } from './kill-at-random.js';
import { startChaos, type Chaos } from './start-chaos.js';

jest.setTimeout(900_000);

const seed = Number(process.env['CHAOS_SEED'] ?? 1);
const isShort = process.env['CI'] === 'true';
// The long form is `npm run chaos`; CI runs a short one.
const items = Number(process.env['CHAOS_ITEMS'] ?? 5_000);
const kills = Number(process.env['CHAOS_KILLS'] ?? 20);
const councilItems = Number(process.env['CHAOS_COUNCIL_ITEMS'] ?? (isShort ? 60 : 200));
const councilKills = Number(process.env['CHAOS_COUNCIL_KILLS'] ?? (isShort ? 4 : 10));
const waves = 10;
const patienceMs = 240_000;

/** Three of a hundred lines fail with what may pass. */
const errorRows = [{ effect: '429', mode: 'batch', probability: 0.015 }, { effect: '500', mode: 'batch', probability: 0.015 }] as const;

describe(`batches under kill -9 (CHAOS_SEED=${String(seed)} CHAOS_ITEMS=${String(items)} CHAOS_KILLS=${String(kills)})`, () => {
  let simulated: SimulatedClient;
  let conclave: ConclaveUp;
  let api: ConclaveClient;
  let stop: Chaos['stop'] | undefined;

  beforeAll(async () => {
    ({ simulated, conclave, stop } = await startChaos());
    api = new ConclaveClient(conclave.apiUrl);
    await simulated.profile({ skill: 1 });
    await simulated.jobDelays({ validating: 100, in_progress: 1_500, finalizing: 200, cancelling: 100 });
    await simulated.rules(...errorRows);
  });
  afterAll(() => stop?.());

  it(`${String(items)} items at three providers: every item has one result, no job is created twice, nothing is paid twice`, async () => {
    const size = Math.ceil(items / waves);
    const submissions: Promise<string>[] = [];
    const submitWave = (wave: number): void => {
      const submission = submitPatiently(conclave, `wave-${String(wave)}`, { cost_cap_usd: 100, items: numberedItems(`s${String(seed)}w${String(wave)}`, size, batchModels) });
      submission.catch(() => undefined);
      submissions.push(submission);
    };
    const killed = await killAtRandom(conclave, {
      seed, kills, mostMs: 1_500,
      beforeKill: (kill) => {
        while (submissions.length < Math.min(waves, Math.ceil(((kill + 1) * waves) / kills))) submitWave(submissions.length);
      },
    });
    expect(killed).toHaveLength(kills);
    const ids = await Promise.all(submissions);
    expect(new Set(ids).size).toBe(waves);
    for (const [wave, id] of ids.entries()) {
      const { json } = await endOfBatch(api, id, patienceMs);
      expect(json).toMatchObject({ status: 'completed', counts: { total: size, succeeded: size } });
      await expectOneResultEach(api, id, size, (index) => `s${String(seed)}w${String(wave)}-${String(index)}`);
      expect((await api.get(`/api/batches/${id}/verify`)).json).toMatchObject({ whole: true });
    }
    await expectEqualBooks(conclave, simulated);
    // Faults were mixed in indeed.
    const [{ failed } = { failed: 0 }] = await rowsOf<{ failed: number }>(conclave.databaseUrl, `SELECT count(*)::integer AS failed FROM calls WHERE outcome = 'failed'`);
    expect(failed).toBeGreaterThan(items * 0.015);
  });

  it(`a council over ${String(councilItems)} items goes on through its stages the same way`, async () => {
    const id = await submitPatiently(conclave, 'council', {
      items: numberedItems(`s${String(seed)}c`, councilItems, ['composite/council/openai/gpt-4o']),
      parameters: { max_tokens: 300, council_models: batchModels },
    });
    await killAtRandom(conclave, { seed: seed + 1_000, kills: councilKills, mostMs: 2_000 });
    const { json } = await endOfBatch(api, id, patienceMs);
    expect(json).toMatchObject({ status: 'completed', counts: { total: councilItems, succeeded: councilItems } });
    await expectOneResultEach(api, id, councilItems, null);
    // Three proposals, three reviews and a synthesis of each item; nobody was left out for having failed once.
    const [{ calls } = { calls: 0 }] = await rowsOf<{ calls: number }>(conclave.databaseUrl, `SELECT count(*)::integer AS calls FROM calls WHERE group_id = $1 AND outcome = 'succeeded'`, [id]);
    expect(calls).toBe(councilItems * 7);
    await expectEqualBooks(conclave, simulated);
  });

  it('a stop and a start of everything while ten batches are in flight resumes them all', async () => {
    const mark = `s${String(seed)}r`;
    await simulated.rules({ effect: 'job_hold', contains: mark });
    const ids = await Promise.all(Array.from({ length: 10 }, (_, index) => submitPatiently(conclave, `${mark}${String(index)}`, { items: numberedItems(`${mark}${String(index)}`, 8, [batchModels[index % 3] ?? '']) })));
    await simulated.waitForJobs(10, { contains: mark });
    await conclave.restart();
    await simulated.release({ contains: mark });
    for (const [index, id] of ids.entries()) {
      expect((await endOfBatch(api, id, patienceMs)).json).toMatchObject({ status: 'completed', counts: { succeeded: 8 } });
      await expectOneResultEach(api, id, 8, (item) => `${mark}${String(index)}-${String(item)}`);
    }
    await expectEqualBooks(conclave, simulated);
  });

  it.each(batchModels)('equal batches of %s whose creations are cut short are not mistaken for each other', async (model) => {
    const [provider = ''] = model.split('/');
    const mark = `s${String(seed)}e${provider}`;
    await simulated.rules({ effect: 'hold_response', endpoint: 'batches.create', provider, count: 2 }, { effect: 'lost_response', endpoint: 'batches.create', provider, skip: 2, count: 2 });
    const ids = await Promise.all(Array.from({ length: 6 }, (_, index) => submitPatiently(conclave, `${mark}${String(index)}`, { items: numberedItems(`${mark}${String(index)}`, 5, [model]) })));
    await simulated.wait({ held: 1 }, { endpoint: 'batches.create', provider });
    const pid = await conclave.kill('worker');
    await simulated.release({ endpoint: 'batches.create', provider });
    await conclave.untilRestarted('worker', pid);
    for (const [index, id] of ids.entries()) {
      expect((await endOfBatch(api, id, patienceMs)).json).toMatchObject({ status: 'completed', counts: { succeeded: 5 } });
      await expectOneResultEach(api, id, 5, (item) => `${mark}${String(index)}-${String(item)}`);
    }
    await expectEqualBooks(conclave, simulated);
  });

  it('leaves nothing behind: no job under way, no reservation, no line without outcome', async () => {
    const left = async () => rowsOf<{ jobs: number; calls: number }>(conclave.databaseUrl, `SELECT (SELECT count(*) FROM provider_jobs WHERE status NOT IN ('collected', 'failed', 'canceled'))::integer AS jobs, (SELECT count(*) FROM batch_calls WHERE status IN ('waiting', 'assigned'))::integer AS calls`);
    await until('nothing under way', async () => (await left()).every(({ jobs, calls }) => jobs === 0 && calls === 0));
    // Every reservation was settled, once, with what the lines cost.
    const budgets = await rowsOf<{ reserved: number; spent: number; cost: number }>(
      conclave.databaseUrl,
      `SELECT reserved_nano_usd::float8 AS reserved, spent_nano_usd::float8 AS spent, (SELECT sum(cost_nano_usd) FROM calls WHERE group_id = batches.id)::float8 AS cost FROM batches JOIN budgets ON budgets.id = batches.budget_id`,
    );
    expect(budgets).toHaveLength(waves);
    for (const { reserved, spent, cost } of budgets) expect({ reserved, spent }).toEqual({ reserved: 0, spent: cost });
  });
});
