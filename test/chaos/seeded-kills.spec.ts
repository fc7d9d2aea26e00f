import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { seededChoice, seededUnit } from '../../src/simulated/seeded-hash.js';
import { ask } from '../support/conclave-client.js';
import type { ConclaveUp } from '../support/conclave-up.js';
import { victims } from '../support/conclave-up.js';
import { rowsOf } from '../support/database.js';
import { marker } from '../support/marker.js';
import { askUntilAnswered } from '../support/persistent-client.js';
import type { SimulatedClient } from '../support/simulated-client.js';
import { council } from './patient-council.js';
import { paidAgain } from './paid-twice.js';
import { startChaos, type Chaos } from './start-chaos.js';

jest.setTimeout(240_000);

const seed = Number(process.env['CHAOS_SEED'] ?? 1);
// The long form is `npm run chaos`; CI runs a short one.
const rounds = Number(process.env['CHAOS_ROUNDS'] ?? (process.env['CI'] === 'true' ? 2 : 15));
const councilsAtOnce = 4;

describe(`councils under random kills (CHAOS_SEED=${seed} CHAOS_ROUNDS=${rounds})`, () => {
  let simulated: SimulatedClient;
  let conclave: ConclaveUp;
  let stop: Chaos['stop'] | undefined;

  beforeAll(async () => {
    ({ simulated, conclave, stop } = await startChaos());
  });
  afterAll(() => stop?.());

  it.each(Array.from({ length: rounds }, (_, round) => [round]))('round %i: every council answers and no stored answer is paid again', async (round) => {
    const marks = Array.from({ length: councilsAtOnce }, () => marker());
    await simulated.rules(...marks.map((contains) => ({ contains, effect: 'slow' as const, latencyMs: 300 })));
    const answering = marks.map((mark) => askUntilAnswered(conclave.apiUrl, { ...council, messages: ask(mark) }, `key-${mark}`, 120_000));
    for (const kill of [0, 1]) {
      const victim = seededChoice(victims, seed, round, kill, 'victim');
      await new Promise((resolve) => setTimeout(resolve, 1_000 * seededUnit(seed, round, kill, 'moment')));
      const pid = await conclave.kill(victim);
      await conclave.untilRestarted(victim, pid);
    }
    const answers = await Promise.all(answering);
    for (const answer of answers) expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('Paris')]);
    for (const [index, answer] of answers.entries()) {
      const rows = await rowsOf<{ key: string; ended_at: Date }>(
        conclave.databaseUrl, `SELECT key, ended_at FROM calls WHERE completion_id = $1 AND outcome = 'succeeded'`, [answer.json.id],
      );
      expect(rows).toHaveLength(7);
      expect(paidAgain(await simulated.requests({ contains: marks[index]! }), rows)).toEqual([]);
    }
  });
});
