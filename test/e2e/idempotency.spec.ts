import { describe, expect, it } from '@jest/globals';
import { ask, conclave } from '../support/conclave-client.js';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { until } from '../support/until.js';

const members = ['simulated/alder', 'simulated/birch', 'simulated/cedar'];
const api = conclave();
const simulated = simulatedProvider();
const council = (mark: string) => ({ model: 'composite/council/simulated/chair', council_models: members, messages: ask(mark) });

describe("a client's retry pays once", () => {
  it('the same Idempotency-Key and body: one completion, answered from its record', async () => {
    const mark = marker();
    const headers = { 'idempotency-key': `key-${mark}` };
    const first = await api.chat(council(mark), { headers });
    const second = await api.chat(council(mark), { headers });
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.json.id).toBe(first.json.id);
    expect(second.json.choices).toEqual(first.json.choices);
    expect(second.json.conclave.attached).toBe(true);
    expect(await simulated.requests({ contains: mark })).toHaveLength(7);
  });

  it('ten clients at once with one key: one completion', async () => {
    const mark = marker();
    const headers = { 'idempotency-key': `key-${mark}` };
    const answers = await Promise.all(Array.from({ length: 10 }, () => api.chat(council(mark), { headers })));
    expect(new Set(answers.map((answer) => `${answer.status} ${answer.json.id}`)).size).toBe(1);
    expect(await simulated.requests({ contains: mark })).toHaveLength(7);
  });

  it('the same key with another body is a 422', async () => {
    const mark = marker();
    const headers = { 'idempotency-key': `key-${mark}` };
    await api.chat(council(mark), { headers });
    const other = await api.chat({ ...council(mark), temperature: 0.1 }, { headers });
    expect(other.status).toBe(422);
    expect(other.json.error.code).toBe('idempotency_mismatch');
  });

  it('a retry of an SDK attaches to the running completion', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: 'hold' });
    const first = api.chat(council(mark), { headers: { 'x-stainless-retry-count': '0' } });
    await simulated.wait({ held: 3 }, { contains: mark });
    const retry = api.chat(council(mark), { headers: { 'x-stainless-retry-count': '1' } });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await simulated.release({ contains: mark });
    const [answer, again] = await Promise.all([first, retry]);
    expect(again.json.id).toBe(answer.json.id);
    expect(again.json.conclave.attached).toBe(true);
    expect(await simulated.requests({ contains: mark })).toHaveLength(7);
  });

  it('without a key or a retry count the same question is asked anew', async () => {
    const mark = marker();
    const first = await api.chat(council(mark));
    const second = await api.chat(council(mark));
    expect(second.json.id).not.toBe(first.json.id);
    expect(await simulated.requests({ contains: mark })).toHaveLength(14);
  });

  it('a stream with a key is replayed from its record', async () => {
    const mark = marker();
    const headers = { 'idempotency-key': `key-${mark}` };
    const first = await api.stream(council(mark), { headers });
    const second = await api.stream(council(mark), { headers });
    expect(second.text).toBe(first.text);
    expect(second.isDone).toBe(true);
    expect(await simulated.requests({ contains: mark })).toHaveLength(7);
  });
});

describe('a client that disconnects does not lose the work', () => {
  it('the completion goes on and is read by id', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, task: 'synthesis', effect: 'hold' });
    const leaving = new AbortController();
    const gone = api.chat(council(mark), { signal: leaving.signal, headers: { 'idempotency-key': `key-${mark}` } }).catch((error: unknown) => error);
    await simulated.wait({ held: 1 }, { contains: mark, task: 'synthesis' });
    leaving.abort();
    expect(await gone).toMatchObject({ name: 'AbortError' });
    const { json: list } = await api.get('/api/completions?limit=50');
    const id = await until('row', async () => {
      for (const row of list.data as { id: string }[]) {
        const trace = await api.get(`/api/completions/${row.id}`);
        if (trace.text.includes(mark)) return row.id;
      }
      return null;
    });
    const running = await api.get(`/v1/chat/completions/${id}`);
    expect(running.status).toBe(200);
    await simulated.release({ contains: mark });
    const finished = await until('finished', async () => {
      const answer = await api.get(`/v1/chat/completions/${id}`);
      return answer.json.choices?.[0]?.message?.content ? answer : null;
    });
    expect(finished.json.choices[0].message.content).toContain('Paris');
    const again = await api.chat(council(mark), { headers: { 'idempotency-key': `key-${mark}` } });
    expect(again.json.id).toBe(id);
    expect(await simulated.requests({ contains: mark })).toHaveLength(7);
  });
});
