import { describe, expect, it } from '@jest/globals';
import { choice, completedRecord, toolChoice } from '../../test/fixtures/completed-record.js';
import { anthropicStream } from './anthropic-stream.js';

const stream = () => anthropicStream({ id: 'msg_1', model: 'trio', stages: 'comments', requestId: 'req_1' });
const context = { attached: false, options: {} };
const record = (...choices: ReturnType<typeof choice>[]) => completedRecord({}, { choices });

interface Event {
  type: string;
  [field: string]: unknown;
}
function events(frames: string): Event[] {
  return frames
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      const [name, data] = frame.split('\n');
      const parsed = JSON.parse(data?.replace('data: ', '') ?? '') as Event;
      expect(name).toBe(`event: ${parsed.type}`);
      return parsed;
    });
}

describe('anthropicStream', () => {
  it('sends text as one block between message_start and message_stop', () => {
    const encoder = stream();
    const all = events(encoder.start() + encoder.text('Hel') + encoder.keepAlive() + encoder.text('lo') + encoder.finish(record(choice('Hello')), context));
    expect(all.map(({ type }) => type)).toEqual(['message_start', 'ping', 'content_block_start', 'content_block_delta', 'ping', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop']);
    expect(all[0]).toMatchObject({ message: { id: 'msg_1', content: [], stop_reason: null, usage: { input_tokens: 0, output_tokens: 0 } } });
    expect(all[3]).toMatchObject({ index: 0, delta: { type: 'text_delta', text: 'Hel' } });
    expect(all[7]).toMatchObject({ delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 60 } });
  });

  it('counts blocks on from the text, or from 0 without it', () => {
    const withText = stream();
    withText.start();
    withText.text('Wait.');
    const after = events(withText.finish(record({ ...toolChoice, text: 'Wait.' }), context));
    expect(after[1]).toMatchObject({ type: 'content_block_start', index: 1, content_block: { type: 'tool_use', id: 'call_1', name: 'weather', input: {} } });
    const alone = events(stream().finish(record(toolChoice), context));
    expect(alone[0]).toMatchObject({ type: 'content_block_start', index: 0 });
    expect(alone[1]).toMatchObject({ delta: { type: 'input_json_delta', partial_json: '{"city":"Oslo"}' } });
    expect(alone[3]).toMatchObject({ type: 'message_delta', delta: { stop_reason: 'tool_use' } });
  });

  it('opens a block for an answer that has neither text nor tool calls', () => {
    expect(events(stream().finish(record(choice('')), context)).map(({ type }) => type)).toEqual(['content_block_start', 'content_block_stop', 'message_delta', 'message_stop']);
  });

  it('pings for progress, and says errors as an event', () => {
    expect(events(stream().progress('propose 1/3'))).toEqual([{ type: 'ping' }]);
    expect(events(stream().error({ status: 503, code: 'unavailable', message: 'Away.' }))).toMatchObject([{ type: 'error', error: { type: 'overloaded_error', message: 'Away.' } }]);
  });
});
