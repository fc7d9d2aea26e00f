import { describe, expect, it } from '@jest/globals';
import { ask, conclave } from '../support/conclave-client.js';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';

const api = conclave();
const simulated = simulatedProvider();

// The policy `test` sends headers after 6 s, a space every 0.5 s and a keep-alive every second; `interactive` after 45, 15 and 10 s.
describe('requests that take long', () => {
  it('a JSON answer sends status and headers early, then white space, then the answer', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: 'slow', latencyMs: 8_500 });
    const startedAt = Date.now();
    const response = await api.fetch('POST', '/v1/chat/completions', { model: 'simulated/alder', messages: ask(mark) });
    const headersAfterMs = Date.now() - startedAt;
    expect(response.status).toBe(200);
    expect(headersAfterMs).toBeGreaterThan(5_500);
    expect(headersAfterMs).toBeLessThan(7_500);
    const text = await response.text();
    expect(text).toMatch(/^\s+\{/);
    expect(JSON.parse(text)).toMatchObject({ object: 'chat.completion', conclave: { calls: 1 } });
  });

  it('a failure after the early headers is an error body', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: 'hang' });
    const answer = await api.chat({ model: 'simulated/alder', messages: ask(mark), conclave: { deadline_ms: 7_500 } });
    expect(answer.status).toBe(200);
    expect(answer.json.error.code).toBe('deadline_exceeded');
  });

  it('a quick failure keeps its status', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: '401' });
    expect((await api.chat({ model: 'simulated/alder', messages: ask(mark) })).status).toBe(502);
  });

  it('an idle stream is kept alive by comments on OpenAI’s endpoint and by pings on Anthropic’s', async () => {
    const mark = marker();
    await simulated.rules({ contains: mark, effect: 'slow', latencyMs: 2_500 });
    const [openai, anthropic] = await Promise.all([
      api.stream({ model: 'simulated/alder', messages: ask(mark) }),
      api.stream({ model: 'simulated/birch', max_tokens: 100, messages: ask(mark) }, {}, '/v1/messages'),
    ]);
    expect(openai.comments.filter((comment) => comment === 'keep-alive').length).toBeGreaterThanOrEqual(2);
    expect(anthropic.frames.filter((frame) => frame.event === 'ping').length).toBeGreaterThanOrEqual(2);
    expect(openai.isDone).toBe(true);
  });
});
