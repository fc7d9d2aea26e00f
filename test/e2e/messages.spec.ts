import { describe, expect, it } from '@jest/globals';
import { ask, conclave } from '../support/conclave-client.js';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';

const api = conclave();
const simulated = simulatedProvider();

describe('POST /v1/messages', () => {
  it('answers in the Anthropic shape', async () => {
    const answer = await api.messages({ model: 'panel/three', system: 'Be brief.', messages: ask(marker()) });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'panel/three',
      content: [{ type: 'text', text: expect.stringContaining('Paris') }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
    });
    expect(answer.json.id).toMatch(/^msg_/);
    expect(answer.headers.get('request-id')).toBeTruthy();
  });

  it('streams the named events in their order', async () => {
    const answer = await api.stream({ model: 'panel/three', max_tokens: 500, messages: ask(marker()) }, {}, '/v1/messages');
    const events = answer.frames.flatMap((frame) => frame.event ?? []).filter((event) => event !== 'ping');
    expect(events[0]).toBe('message_start');
    expect(events[1]).toBe('content_block_start');
    expect(events.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
    expect(new Set(events.slice(2, -3))).toEqual(new Set(['content_block_delta']));
    const delta = answer.chunks.find((chunk) => chunk.type === 'message_delta');
    expect(delta).toMatchObject({ delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: expect.any(Number) } });
    expect(answer.chunks.filter((chunk) => chunk.type === 'content_block_delta').map((chunk) => chunk.delta.text).join('')).toContain('Paris');
  });

  it('carries tools both ways', async () => {
    const mark = marker();
    const tools = [{ name: 'get_weather', description: 'Weather of a city', input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } }];
    const user = { role: 'user', content: `(${mark}) What is the weather in Paris?` };
    const first = await api.messages({ model: 'panel/three', tools, messages: [user] });
    expect(first.json.stop_reason).toBe('tool_use');
    const call = first.json.content.find((block: { type: string }) => block.type === 'tool_use');
    expect(call).toMatchObject({ name: 'get_weather', input: { city: 'Paris' } });
    const before = (await simulated.requests({ contains: mark })).length;
    const second = await api.messages({
      model: 'panel/three',
      tools,
      messages: [user, { role: 'assistant', content: first.json.content }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'Sunny' }] }],
    });
    expect(second.json.content[0].text).toContain('Sunny');
    expect((await simulated.requests({ contains: mark })).slice(before).map((request) => request.model)).toEqual(['chair']);
  });

  it('needs max_tokens and says so in the Anthropic shape', async () => {
    const answer = await api.request('POST', '/v1/messages', { model: 'panel/three', messages: ask(marker()) });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ type: 'error', error: { type: 'invalid_request_error', message: expect.stringContaining('max_tokens') }, request_id: expect.any(String) });
  });

  it('tells errors in the Anthropic shape', async () => {
    const unknown = await api.messages({ model: 'nobody/knows-this', messages: ask(marker()) });
    expect([unknown.status, unknown.json.type, unknown.json.error.type]).toEqual([404, 'error', 'not_found_error']);
    const mark = marker();
    await simulated.rules({ contains: mark, effect: '400' });
    const failed = await api.messages({ model: 'panel/three', messages: ask(mark) });
    expect(failed.json).toMatchObject({ type: 'error', error: { type: expect.stringMatching(/_error$/) } });
  });

  it('counts tokens', async () => {
    const answer = await api.request('POST', '/v1/messages/count_tokens', { model: 'panel/three', messages: ask(marker()) });
    expect(answer.status).toBe(200);
    expect(answer.json.input_tokens).toBeGreaterThan(5);
  });

  it('is there under /anthropic/v1 too, and the OpenAI endpoints under /openai/v1', async () => {
    const anthropic = await api.request('POST', '/anthropic/v1/messages', { model: 'simulated/alder', max_tokens: 100, messages: ask(marker()) });
    expect([anthropic.status, anthropic.json.type]).toEqual([200, 'message']);
    const openai = await api.request('POST', '/openai/v1/chat/completions', { model: 'simulated/alder', messages: ask(marker()) });
    expect([openai.status, openai.json.object]).toEqual([200, 'chat.completion']);
  });
});
