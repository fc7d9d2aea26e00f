import { describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { ask, conclave } from '../support/conclave-client.js';
import { rowsOf } from '../support/database.js';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { stackAddresses } from '../support/stack.js';

const api = conclave();
const simulated = simulatedProvider();

describe('answers too large for a workflow history', () => {
  it('travel through Postgres: the history keeps references, the client gets every character', async () => {
    const mark = marker();
    const long = `${mark} ${'All of it matters. '.repeat(8_000)}the end`;
    await simulated.rules({ contains: mark, task: 'answer', effect: 'answer', text: long }, { contains: mark, task: 'synthesis', effect: 'answer', text: long });
    const { databaseUrl, temporalAddress } = stackAddresses();
    const answer = await api.chat({ model: 'panel/three', messages: ask(mark) });
    expect(answer.status).toBe(200);
    expect(answer.json.choices[0].message.content).toBe(long);

    const connection = await Connection.connect({ address: temporalAddress });
    try {
      const history = await new Client({ connection }).workflow.getHandle(`completion/${answer.json.id as string}`).fetchHistory();
      const bytes = JSON.stringify(history).length;
      expect(bytes).toBeLessThan(long.length);
    } finally {
      await connection.close();
    }
    const [stored] = await rowsOf<{ largest: number }>(databaseUrl, 'SELECT max(length(bytes))::int AS largest FROM payloads', []);
    expect(stored?.largest).toBeGreaterThan(long.length);
  });
});
