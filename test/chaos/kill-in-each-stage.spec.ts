import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ask } from '../support/conclave-client.js';
import type { ConclaveUp } from '../support/conclave-up.js';
import { victims } from '../support/conclave-up.js';
import { rowsOf } from '../support/database.js';
import { marker } from '../support/marker.js';
import { askUntilAnswered } from '../support/persistent-client.js';
import type { SimulatedClient } from '../support/simulated-client.js';
import { until } from '../support/until.js';
import { council } from './patient-council.js';
import { paidTwice } from './paid-twice.js';
import { startChaos, type Chaos } from './start-chaos.js';

jest.setTimeout(180_000);

const stages = [
  { stage: 'propose', task: 'answer', storedBefore: 1, held: ['birch', 'cedar'] },
  { stage: 'review', task: 'critiqueAndRanking', storedBefore: 4, held: ['birch', 'cedar'] },
  { stage: 'chairman', task: 'synthesis', storedBefore: 6, held: ['chair'] },
] as const;
const matrix = victims.flatMap((victim) => stages.map((stage) => ({ victim, ...stage })));

describe('kill -9 in each stage of a council', () => {
  let simulated: SimulatedClient;
  let conclave: ConclaveUp;
  let stop: Chaos['stop'] | undefined;

  beforeAll(async () => {
    ({ simulated, conclave, stop } = await startChaos());
  });
  afterAll(() => stop?.());

  /** The completion's stored calls, read from the table itself. */
  const storedCalls = (mark: string) =>
    rowsOf<{ key: string; model: string; stage: string }>(
      conclave.databaseUrl,
      `SELECT calls.key, calls.model, calls.stage FROM calls JOIN completions ON completions.id = calls.completion_id WHERE completions.request::text LIKE $1 AND calls.outcome = 'succeeded'`,
      [`%${mark}%`],
    );

  it.each(matrix)('$victim dies during $stage: the answer arrives and nothing is paid twice', async ({ victim, task, storedBefore, held }) => {
    const mark = marker();
    await simulated.rules(...held.map((model) => ({ contains: mark, task, model, effect: 'hold' as const })));
    const answering = askUntilAnswered(conclave.apiUrl, { ...council, messages: ask(mark) }, `key-${mark}`);
    answering.catch(() => undefined);
    await simulated.wait({ held: held.length }, { contains: mark });
    const stored = await until(`${storedBefore} stored calls`, async () => {
      const rows = await storedCalls(mark);
      return rows.length >= storedBefore ? rows : null;
    });
    const pid = await conclave.kill(victim);
    // Answers that come while the victim is gone: a worker's successor must ask again, everyone else must keep them.
    await simulated.release({ contains: mark });
    await conclave.untilRestarted(victim, pid);
    const answer = await answering;

    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('Paris')]);
    expect(answer.json.conclave).toMatchObject({ calls: 7, degraded: false });
    const after = await storedCalls(mark);
    expect(after).toHaveLength(7);
    expect(after).toEqual(expect.arrayContaining(stored));
    const requests = await simulated.requests({ contains: mark });
    expect(paidTwice(requests, stored.map((row) => row.key))).toEqual([]);
    // Whoever else was killed, only a worker may lose an answer between provider and table.
    if (victim !== 'worker') expect(requests.filter((request) => request.outcome === 'answered')).toHaveLength(7);
  });
});
