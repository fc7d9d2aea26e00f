import { describe, expect, it } from '@jest/globals';
import { choice, completedRecord, toolChoice } from '../../test/fixtures/completed-record.js';
import { messageSchema } from './completion-docs.js';
import { messageResponse, toolInput } from './message-response.js';

const context = { attached: false, options: {} };
const message = (...choices: ReturnType<typeof choice>[]) => messageResponse(completedRecord({ id: 'msg_1', endpoint: 'anthropic' }, { choices }), context);

describe('messageResponse', () => {
  it('is a message that counts cached input apart', () => {
    const response = message(choice('Hello.'));
    expect(response).toMatchObject({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Hello.' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 90, output_tokens: 60, cache_read_input_tokens: 10, cache_creation_input_tokens: 0 },
    });
    expect(messageSchema.parse(response)).toBeTruthy();
  });

  it.each([
    ['length', 'max_tokens'],
    ['content_filter', 'refusal'],
    ['stop', 'end_turn'],
  ] as const)('%s is %s', (finishReason, stopReason) => {
    expect(message(choice('x', { finishReason })).stop_reason).toBe(stopReason);
  });

  it('gives tool calls as blocks with an object as input', () => {
    expect(message(toolChoice)).toMatchObject({ content: [{ type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Oslo' } }], stop_reason: 'tool_use' });
    expect(message({ ...toolChoice, text: 'Let me see.' }).content).toHaveLength(2);
  });

  it('has a text block even for an empty answer', () => {
    expect(message(choice('')).content).toEqual([{ type: 'text', text: '' }]);
  });
});

describe('toolInput', () => {
  it.each([
    ['', {}],
    ['{"a":1}', { a: 1 }],
    ['[1]', { arguments: '[1]' }],
    ['{"a":', { arguments: '{"a":' }],
  ])('%s', (argumentsJson, input) => {
    expect(toolInput({ id: 'c', name: 'f', argumentsJson })).toEqual(input);
  });
});
