import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Benchmark } from '../../domain/benchmarks/benchmark.js';
import { gsm8k } from '../../domain/benchmarks/gsm8k.js';
import { mmluPro1000 } from '../../domain/benchmarks/mmlu-pro.js';
import { ConclaveClient } from '../support/conclave-client.js';
import type { ConclaveUp, Victim } from '../support/conclave-up.js';
import { rowsOf } from '../support/database.js';
import { dataUrl, rows } from '../support/recorded-data.js';
import { RunClient } from '../support/run-client.js';
import type { AskedBody, SimulatedClient } from '../support/simulated-client.js';
import { until } from '../support/until.js';
import { killAtRandom } from './kill-at-random.js';
import { startChaos, type Chaos } from './start-chaos.js';

jest.setTimeout(1_800_000);

const seed = Number(process.env['CHAOS_SEED'] ?? 1);
const isShort = process.env['CI'] === 'true';
// The long form is `npm run chaos`; CI runs a short one.
const councilSamples = Number(process.env['CHAOS_RUN_SAMPLES'] ?? (isShort ? 120 : 2_000));
const councilKills = Number(process.env['CHAOS_RUN_KILLS'] ?? (isShort ? 4 : 24));
const plainSamples = Number(process.env['CHAOS_PLAIN_SAMPLES'] ?? (isShort ? 400 : 2_000));
const plainKills = Number(process.env['CHAOS_PLAIN_KILLS'] ?? (isShort ? 4 : 12));
const patienceMs = 900_000;

/** Published questions, all different, where they are; else the set that ships, as often as it takes. */
const published: { benchmark: Benchmark; path: string; name: string }[] = [
  { benchmark: mmluPro1000, path: 'mmlu_pro/questions_1000.jsonl', name: 'questions_1000.jsonl' },
  { benchmark: gsm8k, path: 'gsm8k/test.jsonl', name: 'test.jsonl' },
].filter(({ path }) => existsSync(dataUrl(path)));
function questions(atLeast: number): { samples: number; body: Record<string, unknown> } {
  const [sets, size] = published.length > 0 ? [published.map(({ benchmark }) => benchmark.name), 1_000] : [['conclave-mini'], 60];
  const epochs = Math.ceil(atLeast / sets.length / size);
  const count = Math.ceil(atLeast / sets.length / epochs);
  return { samples: sets.length * count * epochs, body: { selected_benchmarks: sets, subset_count: count, epochs } };
}

interface Target {
  body: Record<string, unknown>;
  samples: number;
  callsOfSample: number;
  /** Calls that can be under way at the same time. */
  mostUnderWay: number;
  kills: number;
}
const councilConcurrency = isShort ? 6 : 20;
const plainConcurrency = 6;
const council = targetOf(councilSamples, { body: { panel: 'three', provider: 'conclave', concurrency: councilConcurrency }, callsOfSample: 7, mostUnderWay: councilConcurrency * 3, kills: councilKills });
const plain = targetOf(plainSamples, { body: { model_id: 'simulated/dogwood', provider: 'simulated', concurrency: plainConcurrency }, callsOfSample: 1, mostUnderWay: plainConcurrency, kills: plainKills });

function targetOf(atLeast: number, target: Omit<Target, 'samples'>): Target {
  const { samples, body } = questions(atLeast);
  return { ...target, samples, body: { ...target.body, ...body } };
}

describe(`runs under kill -9 (CHAOS_SEED=${String(seed)} CHAOS_RUN_SAMPLES=${String(councilSamples)} CHAOS_RUN_KILLS=${String(councilKills)} CHAOS_PLAIN_SAMPLES=${String(plainSamples)} CHAOS_PLAIN_KILLS=${String(plainKills)})`, () => {
  let simulated: SimulatedClient;
  let conclave: ConclaveUp;
  let runs: RunClient;
  let stop: Chaos['stop'] | undefined;

  beforeAll(async () => {
    ({ simulated, conclave, stop } = await startChaos());
    runs = new RunClient(new ConclaveClient(conclave.apiUrl));
    for (const { benchmark, path, name } of published) {
      mkdirSync(join(conclave.home, 'datasets', benchmark.name), { recursive: true });
      copyFileSync(dataUrl(path), join(conclave.home, 'datasets', benchmark.name, name));
      await simulated.teach(truthsOf(benchmark, path));
    }
    await simulated.profile({ latencyMs: 150, skill: 0.7 });
  });
  afterAll(() => stop?.());

  it.each([
    [`${String(plainSamples)} samples of a plain model`, plain],
    [`${String(councilSamples)} samples of a council of three`, council],
  ])('%s: each exactly once, no finished call again, the score of the undisturbed run', async (_, target) => {
    const undisturbed = await runs.start('', { model_id: undefined, ...target.body });
    expect(await runs.ended(undisturbed, patienceMs)).toMatchObject({ status: 'succeeded', summary: { samples: target.samples, done: target.samples, errors: 0 } });
    const asked = await simulated.bodies();

    const id = await runs.start('', { model_id: undefined, ...target.body });
    const { killed, doneAtKills } = await killDuring(id, target);
    expect(await runs.ended(id, patienceMs)).toMatchObject({ status: 'succeeded', summary: { samples: target.samples, done: target.samples, errors: 0 } });
    // They died while there was something to lose.
    expect(doneAtKills.at(-1)).toBeLessThan(target.samples);

    expect(await samplesOf(id)).toHaveLength(target.samples);
    expect(await samplesOf(id)).toEqual(await samplesOf(undisturbed));
    expect(await scoresOf(id)).toEqual(await scoresOf(undisturbed));
    const calls = await successesOf(id);
    expect(calls).toHaveLength(target.samples * target.callsOfSample);
    expect(new Set(calls.map(({ call }) => call)).size).toBe(calls.length);
    const cutOff = expectNothingAgain({ before: asked, after: await simulated.bodies(), undisturbed: await successesOf(undisturbed), calls });
    const workerDeaths = killed.filter((victim) => victim === 'worker').length;
    expect(cutOff.calls).toBeLessThanOrEqual(workerDeaths * target.mostUnderWay);
    expect(cutOff.most).toBeLessThanOrEqual(workerDeaths);
    process.stderr.write(`${id}: ${killed.join(' ')} at ${doneAtKills.join(' ')} samples; ${String(cutOff.calls)} calls cut off and asked again\n`);
  });

  /** Kills go over the whole run, however fast the machine is: every other one waits for its share of the samples. */
  async function killDuring(id: string, { samples, kills }: Target): Promise<{ killed: Victim[]; doneAtKills: number[] }> {
    const doneAtKills: number[] = [];
    const killed = await killAtRandom(conclave, {
      seed: seed + samples, kills, mostMs: 2_000, inTurns: true,
      beforeKill: async (kill) => {
        const share = kill % 2 === 0 ? Math.floor((samples * kill) / (kills + 2)) : 0;
        doneAtKills.push(await until(`${String(share)} samples of ${id}`, async () => {
          const done = await doneOf(id);
          return done >= share ? { done } : null;
        }, patienceMs).then(({ done }) => done));
      },
    });
    expect(killed).toHaveLength(kills);
    return { killed, doneAtKills };
  }

  async function doneOf(id: string): Promise<number> {
    return (await rowsOf<{ count: number }>(conclave.databaseUrl, `SELECT count(*)::integer AS count FROM run_samples WHERE run_id = $1 AND status = 'done'`, [id]))[0]?.count ?? 0;
  }

  const samplesOf = (id: string) => rowsOf(conclave.databaseUrl, `SELECT benchmark, item_id, epoch, status, verdict, score, extracted, answer FROM run_samples WHERE run_id = $1 ORDER BY benchmark, ordinal`, [id]);

  async function scoresOf(id: string): Promise<unknown> {
    const { benchmarks, summary } = await runs.read(id);
    const told = benchmarks.map(({ name, samples, done, correct, incorrect, unextracted, errors, accuracy }) => ({ name, samples, done, correct, incorrect, unextracted, errors, accuracy }));
    // Neither everything right nor everything wrong: equal scores say something.
    for (const { correct, samples } of told) expect([correct > samples * 0.3, correct < samples]).toEqual([true, true]);
    return { told, accuracy: summary.accuracy };
  }

  /** Successes of a run in the ledger; the simulated provider's response id names the request that the answer came from. */
  async function successesOf(id: string): Promise<Success[]> {
    const found = await rowsOf<{ call: string; response_id: string }>(conclave.databaseUrl, `SELECT completion_id || ' ' || key AS call, response_id FROM calls WHERE group_id = $1 AND outcome = 'succeeded'`, [id]);
    return found.map(({ call, response_id: responseId }) => {
      const [, body = '', number = ''] = /sim([0-9a-f]{16})([0-9a-z]+)$/.exec(responseId) ?? [];
      return { call, body, request: parseInt(number, 36) };
    });
  }
});

interface Success {
  call: string;
  /** Beginning of the fingerprint. */
  body: string;
  request: number;
}

/**
 * The disturbed run asked what the undisturbed one asked, and the last request of each body is one whose answer is in the ledger: nobody asked after an answer was kept. Returns how many
 * requests were cut off by a death, and most of one body.
 */
function expectNothingAgain({ before, after, undisturbed, calls }: { before: ReadonlyMap<string, AskedBody>; after: ReadonlyMap<string, AskedBody>; undisturbed: Success[]; calls: Success[] }): { calls: number; most: number } {
  expect([...after.keys()].filter((body) => !before.has(body))).toEqual([]);
  expect(calls.map(({ body }) => body).sort()).toEqual(undisturbed.map(({ body }) => body).sort());
  const kept = new Map<string, Success[]>();
  for (const call of calls) kept.set(call.body, [...(kept.get(call.body) ?? []), call]);
  const cutOff: number[] = [];
  const askedAgain: string[] = [];
  for (const [body, asked] of after) {
    const own = kept.get(body.slice(0, 16));
    if (!own) continue;
    if (!own.some(({ request }) => request === asked.last)) askedAgain.push(...own.map(({ call }) => call));
    cutOff.push(asked.requests - (before.get(body)?.requests ?? 0) - own.length);
  }
  expect(askedAgain).toEqual([]);
  expect(cutOff).toHaveLength(kept.size);
  return { calls: cutOff.reduce((sum, count) => sum + count, 0), most: Math.max(...cutOff) };
}

/** What is right, by the exact prompt. */
function truthsOf(benchmark: Benchmark, path: string): { question: string; correct: string }[] {
  return rows<unknown>(path).flatMap((row, index) => {
    const item = benchmark.read(row, index);
    if (!item) return [];
    const { messages: [message], expected } = benchmark.prompt(item, 'conclave');
    return typeof message?.content === 'string' ? [{ question: message.content, correct: expected }] : [];
  });
}
