import { describe, expect, it } from '@jest/globals';
import { ask, conclave } from '../support/conclave-client.js';
import { rowsOf } from '../support/database.js';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { sseFrames } from '../support/sse.js';
import { stackAddresses } from '../support/stack.js';

const api = conclave();
const simulated = simulatedProvider();
const { databaseUrl } = stackAddresses();

describe('usage and cost', () => {
  it('usage sums every call', async () => {
    const mark = marker();
    const answer = await api.chat({ model: 'panel/three', messages: ask(mark) });
    const [sums] = await rowsOf<{ input: string; output: string; calls: string }>(
      databaseUrl,
      `SELECT sum(input_tokens) AS input, sum(output_tokens) AS output, count(*) AS calls FROM calls WHERE completion_id = $1 AND outcome = 'succeeded'`,
      [answer.json.id],
    );
    expect(answer.json.usage).toMatchObject({ prompt_tokens: Number(sums!.input), completion_tokens: Number(sums!.output) });
    expect(answer.json.usage.total_tokens).toBe(answer.json.usage.prompt_tokens + answer.json.usage.completion_tokens);
    expect(answer.json.conclave.calls).toBe(Number(sums!.calls));
  });

  it('usage_mode client counts the final stage only', async () => {
    const answer = await api.chat({ model: 'panel/three', messages: ask(marker()), conclave: { usage_mode: 'client' } });
    const [chair] = await rowsOf<{ input_tokens: number; output_tokens: number }>(
      databaseUrl,
      `SELECT input_tokens, output_tokens FROM calls WHERE completion_id = $1 AND stage = 'chairman'`,
      [answer.json.id],
    );
    expect(answer.json.usage).toMatchObject({ prompt_tokens: chair!.input_tokens, completion_tokens: chair!.output_tokens });
  });

  it('cost is the sum of the calls at their prices, in the body and the header', async () => {
    const answer = await api.chat({ model: 'composite/council/openai/gpt-4o-mini', council_models: ['openai/gpt-4o-mini', 'openai/gpt-4o'], messages: ask(marker()) });
    expect(answer.status).toBe(200);
    const calls = await rowsOf<{ cost_nano_usd: string; input_tokens: number; output_tokens: number; price: { inputNanoUsdPerMillion: number; outputNanoUsdPerMillion: number } }>(
      databaseUrl, 'SELECT * FROM calls WHERE completion_id = $1', [answer.json.id],
    );
    expect(calls).toHaveLength(5);
    for (const call of calls) {
      const nanoUsd = Math.round((call.input_tokens * call.price.inputNanoUsdPerMillion + call.output_tokens * call.price.outputNanoUsdPerMillion) / 1e6);
      expect(Number(call.cost_nano_usd)).toBe(nanoUsd);
    }
    const sum = calls.reduce((total, call) => total + Number(call.cost_nano_usd), 0);
    expect(answer.json.conclave).toMatchObject({ cost_known: true });
    expect(answer.json.conclave.cost_usd).toBeCloseTo(sum / 1e9, 9);
    expect(Number(answer.headers.get('x-conclave-cost-usd'))).toBeCloseTo(sum / 1e9, 9);
    expect(answer.headers.get('x-conclave-calls')).toBe('5');
  });

  it('an unknown price is unknown, not zero', async () => {
    const answer = await api.chat({ model: 'composite/moa/openai/gpt-4o-mini', proposers: ['openai/gpt-4o-mini', 'openai/nobody-priced-this'], messages: ask(marker()) });
    expect(answer.status).toBe(200);
    expect(answer.json.conclave.cost_known).toBe(false);
  });

  it('a failed attempt stands in the ledger, with its reason', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: '503', count: 1 });
    const answer = await api.chat({ model: 'simulated/alder', messages: ask(mark) });
    const calls = await rowsOf<{ attempt: number; outcome: string; failure_code: string | null }>(
      databaseUrl, 'SELECT attempt, outcome, failure_code FROM calls WHERE completion_id = $1 ORDER BY id', [answer.json.id],
    );
    expect(calls).toEqual([
      { attempt: 1, outcome: 'failed', failure_code: expect.stringMatching(/overloaded|server_error/) },
      { attempt: 2, outcome: 'succeeded', failure_code: null },
    ]);
  });
});

describe('X-Trio-Details', () => {
  it('tells winner, candidates and votes, ASCII-safe and short', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, task: 'answer', model: 'birch', effect: 'answer', text: `Größe: ${'Ж'.repeat(4_000)}` });
    const answer = await api.chat({ model: 'trio', messages: ask(mark) });
    const header = answer.headers.get('x-trio-details')!;
    expect(header).toMatch(/^[\x20-\x7e]+$/);
    expect(header.length).toBeLessThanOrEqual(6 * 1024);
    const details = JSON.parse(header) as { winner_index: number; candidates: { model: string; response: string; accepted: number; preferred: number; truncated?: boolean }[] };
    expect(details.candidates).toHaveLength(3);
    expect(details.candidates.some((candidate) => candidate.truncated)).toBe(true);
    expect(details.candidates.map((candidate) => candidate.model).join(' ')).toMatch(/alder.*birch.*cedar/);
    const winner = details.candidates[details.winner_index]!;
    expect(winner.accepted).toBe(Math.max(...details.candidates.map((candidate) => candidate.accepted)));
    expect(details.candidates.reduce((sum, candidate) => sum + candidate.preferred, 0)).toBeLessThanOrEqual(3);
  });
});

describe('traces', () => {
  it('GET /api/completions/{id} tells stages, calls, ballots, decision and agreement', async () => {
    const answer = await api.chat({ model: 'panel/three', messages: ask(marker()) });
    const trace = await api.get(`/api/completions/${answer.json.id}`);
    expect(trace.status).toBe(200);
    expect(trace.json).toMatchObject({ id: answer.json.id, status: 'completed', strategy: 'council', decision: { ballots: expect.any(Array), agreement: expect.any(Number) } });
    expect(trace.json.calls).toHaveLength(7);
    expect(new Set(trace.json.calls.map((call: { stage: string }) => call.stage))).toEqual(new Set(['propose', 'review', 'chairman']));
  });

  it('pages through completions by a cursor, newest first', async () => {
    for (let index = 0; index < 3; index++) await api.chat({ model: 'simulated/alder', messages: ask(marker()) });
    const first = await api.get('/api/completions?limit=2');
    expect(first.json.data).toHaveLength(2);
    const second = await api.get(`/api/completions?limit=2&cursor=${encodeURIComponent(first.json.next_cursor)}`);
    const ids = [...first.json.data, ...second.json.data].map((row: { id: string }) => row.id);
    expect(new Set(ids).size).toBe(4);
  });

  it('events resume where a reader left off', async () => {
    const answer = await api.chat({ model: 'panel/three', messages: ask(marker()) });
    const path = `/api/completions/${answer.json.id}/events`;
    const all = await events(path);
    expect(all.length).toBeGreaterThanOrEqual(8);
    const cut = all[3]!;
    const rest = await events(path, cut.id);
    expect(rest.map((frame) => frame.id)).toEqual(all.slice(4).map((frame) => frame.id));
  });

  it('events of a running completion arrive as they happen', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, task: 'synthesis', effect: 'hold' });
    const streaming = await api.fetch('POST', '/v1/chat/completions', { model: 'panel/three', messages: ask(mark), stream: true });
    const chunks = sseFrames(streaming.body!);
    const { value: role } = await chunks.next();
    const { id } = JSON.parse(role!.data) as { id: string };
    const response = await api.fetch('GET', `/api/completions/${id}/events`);
    let seen = 0;
    for await (const frame of sseFrames(response.body!)) {
      if (frame.data) seen += 1;
      if (seen === 6) await simulated.release({ contains: mark });
    }
    expect(seen).toBeGreaterThanOrEqual(8);
    for await (const _ of chunks);
  });

  async function events(path: string, lastEventId?: string) {
    const response = await api.fetch('GET', path, undefined, { headers: lastEventId ? { 'last-event-id': lastEventId } : {} });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const frames = [];
    for await (const frame of sseFrames(response.body!)) if (frame.data !== undefined) frames.push(frame);
    return frames;
  }
});

describe('calls and metrics', () => {
  it('lists calls and exports them as JSON lines', async () => {
    const answer = await api.chat({ model: 'panel/three', messages: ask(marker()) });
    const list = await api.get(`/api/calls?completion_id=${answer.json.id}`);
    expect(list.status).toBe(200);
    expect(list.json.data).toHaveLength(7);
    const exported = await api.get(`/api/calls/export?completion_id=${answer.json.id}`);
    expect(exported.status).toBe(200);
    const lines = exported.text.trim().split('\n').map((line) => JSON.parse(line) as { completion_id: string });
    expect(lines).toHaveLength(7);
  });

  it('sums up calls, errors, cost and latency by model, and names the bottleneck of each stage', async () => {
    await api.chat({ model: 'panel/three', messages: ask(marker()) });
    const summary = await api.get('/api/metrics/summary');
    expect(summary.status).toBe(200);
    expect(summary.text).toContain('alder');
    expect(summary.text).toMatch(/bottleneck/);
  });
});
