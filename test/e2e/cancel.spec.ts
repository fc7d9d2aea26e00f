import { describe, expect, it } from '@jest/globals';
import { ask, conclave } from '../support/conclave-client.js';
import { rowsOf } from '../support/database.js';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { stackAddresses } from '../support/stack.js';
import { until } from '../support/until.js';

const api = conclave();
const simulated = simulatedProvider();

describe('POST /api/completions/{id}/cancel', () => {
  it('ends a running completion for good: what its provider says later changes nothing', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, model: 'cedar', effect: 'hold' });
    const asking = api.chat({ model: 'panel/three', messages: ask(mark) });
    await simulated.wait({ held: 1 }, { contains: mark });
    const [row] = await rowsOf<{ id: string }>(stackAddresses().databaseUrl, 'SELECT id FROM completions WHERE request::text LIKE $1', [`%${mark}%`]);
    const id = row!.id;
    const canceled = await api.request('POST', `/api/completions/${id}/cancel`);
    expect([canceled.status, canceled.json.id]).toEqual([202, id]);
    expect((await asking).status).toBeGreaterThanOrEqual(400);
    const statusOf = async (): Promise<string> => (await api.get(`/api/completions/${id}`)).json.status as string;
    await until('canceled', async () => (await statusOf()) === 'canceled');

    const before = (await simulated.requests({ contains: mark })).length;
    await simulated.release({ contains: mark });
    const again = await api.request('POST', `/api/completions/${id}/cancel`);
    expect([again.status, again.json]).toEqual([202, { id, status: 'canceled' }]);
    expect(await statusOf()).toBe('canceled');
    expect(await simulated.requests({ contains: mark })).toHaveLength(before);
  });

  it('leaves what has ended as it is, and knows no foreign id', async () => {
    const done = await api.chat({ model: 'simulated/alder', messages: ask(marker()) });
    expect((await api.request('POST', `/api/completions/${done.json.id}/cancel`)).json).toEqual({ id: done.json.id, status: 'completed' });
    expect((await api.get(`/api/completions/${done.json.id}`)).json.status).toBe('completed');
    expect((await api.request('POST', '/api/completions/chatcmpl-none/cancel')).status).toBe(404);
  });
});
