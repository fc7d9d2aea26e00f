import { describe, expect, it } from '@jest/globals';
import { ask, conclave } from '../support/conclave-client.js';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';

const members = ['simulated/alder', 'simulated/birch', 'simulated/cedar'];
const api = conclave();
const simulated = simulatedProvider();

const council = (mark: string, more: Record<string, unknown> = {}) =>
  api.chat({ model: 'composite/council/simulated/chair', council_models: members, messages: ask(mark), ...more });

describe('what happens when something fails', () => {
  it('a member that is down: the others answer, and the answer says who is missing', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, model: 'birch', effect: '500' });
    const answer = await council(mark);
    expect(answer.status).toBe(200);
    expect(answer.json.conclave.degraded).toBe(true);
    expect(JSON.stringify(answer.json.conclave.missing)).toContain('birch');
    expect(answer.json.choices[0].message.content).toContain('Paris');
  });

  it("a failed member's error is never shown to a model", async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, model: 'birch', effect: '400' });
    await council(mark);
    const later = (await simulated.requests({ contains: mark })).filter((request) => request.task !== 'answer');
    expect(later.length).toBeGreaterThan(0);
    for (const request of later) {
      const said = JSON.stringify((request.body as { messages: unknown }).messages);
      expect(said).not.toMatch(/birch|HTTP 400|bad_request|invalid_request_error/);
      expect(said).not.toContain('Assistant 3');
    }
  });

  it('all members down: an error that names the real cause of each, not an answer', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: '500' });
    const answer = await council(mark);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(answer.json.error).toMatchObject({ type: 'server_error', code: 'quorum_not_reached' });
    for (const name of ['alder', 'birch', 'cedar']) expect(answer.text).toContain(name);
  });

  it('a request that every member rejects is the client’s to change', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: '400' });
    const answer = await council(mark);
    expect([answer.status, answer.json.error.type]).toEqual([400, 'invalid_request_error']);
    expect(await simulated.requests({ contains: mark })).toHaveLength(3);
  });

  it('below the quorum: quorum_not_reached', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, model: 'alder', effect: '403' }, { contains: mark, model: 'birch', effect: '400' });
    const answer = await council(mark);
    expect(answer.status).toBe(503);
    expect(answer.json.error.code).toBe('quorum_not_reached');
    expect(answer.text).not.toContain('simulated/cedar');
  });

  it("a quorum of the request's own lets fewer count", async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, model: 'alder', effect: '403' }, { contains: mark, model: 'birch', effect: '400' });
    const answer = await council(mark, { conclave: { quorum: { propose: 1, vote: 1 } } });
    expect(answer.status).toBe(200);
    expect(answer.json.conclave.degraded).toBe(true);
  });

  it('a 401 stops at once: one request, no retry, and the client is told it is our key', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: '401' });
    const answer = await api.chat({ model: 'simulated/alder', messages: ask(mark) });
    expect(answer.status).toBe(502);
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(answer.json.error).toMatchObject({ type: 'upstream_error', code: 'upstream_auth' });
    expect(await simulated.requests({ contains: mark })).toHaveLength(1);
  });

  it('a 429 is retried after its Retry-After, not before', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: '429', count: 1, retryAfterSeconds: 2 });
    const answer = await api.chat({ model: 'simulated/alder', messages: ask(mark) });
    expect(answer.status).toBe(200);
    const [first, second] = await simulated.requests({ contains: mark });
    expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(1_950);
    expect(second!.atMs - first!.atMs).toBeLessThan(6_000);
  });

  it.each(['500', '503', '529', 'network', 'malformed_json', 'content_type'])('%s passes: the call is made again', async (effect) => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: effect as '500', count: 1 });
    const answer = await api.chat({ model: 'simulated/alder', messages: ask(mark) });
    expect(answer.status).toBe(200);
    expect(await simulated.requests({ contains: mark })).toHaveLength(2);
  });

  it('an exhausted account is not asked again', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: 'quota' });
    const answer = await api.chat({ model: 'simulated/alder', messages: ask(mark) });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await simulated.requests({ contains: mark })).toHaveLength(1);
  });

  it('a member that hangs is left behind after its time-out', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, model: 'cedar', effect: 'hang' });
    const answer = await council(mark, { conclave: { grace: { ratio: 0, min_ms: 100, max_ms: 200 } } });
    expect(answer.status).toBe(200);
    expect(answer.json.conclave.degraded).toBe(true);
    expect(JSON.stringify(answer.json.conclave.missing)).toContain('cedar');
  });

  it('everybody hangs: the deadline ends it', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: 'hang' });
    const startedAt = Date.now();
    const answer = await council(mark, { conclave: { deadline_ms: 1_500 } });
    expect(Date.now() - startedAt).toBeLessThan(6_000);
    expect([503, 504]).toContain(answer.status);
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(['deadline_exceeded', 'quorum_not_reached']).toContain(answer.json.error.code);
  });

  it('a single call that hangs past the deadline is a 504', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: 'hang' });
    const answer = await api.chat({ model: 'simulated/alder', messages: ask(mark), conclave: { deadline_ms: 1_000 } });
    expect(answer.status).toBe(504);
    expect(answer.json.error).toMatchObject({ type: 'server_error', code: 'deadline_exceeded' });
  });

  it('a chairman that fails hands over to the next of the chain', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, model: 'first-chair', effect: '400' });
    const answer = await council(mark, { chairman_model: ['simulated/first-chair', 'simulated/second-chair'] });
    expect(answer.status).toBe(200);
    expect(answer.json.conclave.degraded).toBe(true);
    const synthesis = (await simulated.requests({ contains: mark })).filter((request) => request.task === 'synthesis');
    expect(synthesis.map((request) => request.model)).toEqual(['first-chair', 'second-chair']);
  });

  it('when the whole chain fails the ranked winner is the answer', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, task: 'synthesis', effect: '400' });
    const answer = await council(mark);
    expect(answer.status).toBe(200);
    expect(answer.json.conclave.degraded).toBe(true);
    const proposals = (await simulated.requests({ contains: mark })).filter((request) => request.task === 'answer').map((request) => request.answer);
    expect(proposals).toContain(answer.json.choices[0].message.content);
  });

  it('a malformed ballot is repaired once', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, model: 'alder', effect: 'malformed_ballot', count: 1 });
    const answer = await council(mark);
    expect(answer.status).toBe(200);
    const ballots = (await simulated.requests({ contains: mark })).filter((request) => request.model === 'alder' && request.task !== 'answer');
    expect(ballots).toHaveLength(2);
  });

  it.each(['malformed_ballot', 'duplicate_labels', 'unknown_label'] as const)('%s that stays so is rejected and counted, never guessed', async (effect) => {
    const mark = marker();
    await simulated.rules({ contains: mark, model: 'alder', effect });
    const answer = await council(mark);
    expect(answer.status).toBe(200);
    const trace = await api.get(`/api/completions/${answer.json.id}`);
    const ballots: { rejected?: string }[] = trace.json.decision.ballots;
    expect(ballots.filter((ballot) => ballot.rejected)).toHaveLength(1);
    expect(ballots.filter((ballot) => !ballot.rejected)).toHaveLength(2);
  });

  it('an empty answer is no candidate', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, model: 'birch', task: 'answer', effect: 'empty' });
    const answer = await council(mark);
    expect(answer.status).toBe(200);
    expect(answer.json.conclave.degraded).toBe(true);
    const reviews = (await simulated.requests({ contains: mark })).filter((request) => request.task === 'critiqueAndRanking');
    for (const review of reviews) expect(JSON.stringify(review.body)).not.toContain('Assistant 3');
  });

  it('a conversation too long for the model is a 400 with that code', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: 'context_length' });
    const answer = await api.chat({ model: 'simulated/alder', messages: ask(mark) });
    expect(answer.status).toBe(400);
    expect(answer.json.error).toMatchObject({ type: 'invalid_request_error', code: 'context_length_exceeded' });
    expect(await simulated.requests({ contains: mark })).toHaveLength(1);
  });
});
