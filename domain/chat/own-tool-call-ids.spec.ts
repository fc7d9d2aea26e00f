import { describe, expect, it } from '@jest/globals';
import type { CompletionOutcome, Decision } from './decision.js';
import { withOwnToolCallIds } from './own-tool-call-ids.js';

const outcomeOf = (...choices: string[][]): CompletionOutcome => ({
  ok: true,
  // Only the choices matter here.
  decision: { choices: choices.map((ids) => ({ text: '', toolCalls: ids.map((id) => ({ id, name: 'f', argumentsJson: '{}' })), finishReason: 'tool_calls' })) } as unknown as Decision,
});
const idsOf = (outcome: CompletionOutcome) => (outcome.ok ? outcome.decision.choices.map((choice) => choice.toolCalls.map((toolCall) => toolCall.id)) : []);

describe('ids of tool calls', () => {
  it.each(['call_9pw1qnLScvpzMhYDkyLkhGQX', 'toolu_01A09q90qw90lq917835lq9', 'chatcmpl-tool-5f2d7c6e9b', 'call_x7k2m9qa', 'Zk3TqPbLmN2xYc8R'])('keeps %s', (id) => {
    expect(idsOf(withOwnToolCallIds('chatcmpl-1', outcomeOf([id])))).toEqual([[id]]);
  });

  it.each(['call_0', '0', 'functions.get_weather:0', 'get_weather', 'functions_get_weather_0'])('replaces %s', (id) => {
    const [[own]] = idsOf(withOwnToolCallIds('chatcmpl-1', outcomeOf([id]))) as [[string]];
    expect(own).toMatch(/^call_[0-9a-f]{24}$/);
    expect(idsOf(withOwnToolCallIds('chatcmpl-1', outcomeOf([id])))).toEqual([[own]]);
    expect(idsOf(withOwnToolCallIds('chatcmpl-2', outcomeOf([id])))).not.toEqual([[own]]);
  });

  it('gives no two calls one id', () => {
    const ids = idsOf(withOwnToolCallIds('chatcmpl-1', outcomeOf(['call_x7k2m9qa', 'call_x7k2m9qa'], ['call_x7k2m9qa', 'call_0']))).flat();
    expect(new Set(ids).size).toBe(4);
    expect(ids[0]).toBe('call_x7k2m9qa');
  });

  it('leaves other outcomes alone', () => {
    const text = outcomeOf([], []);
    expect(withOwnToolCallIds('chatcmpl-1', text)).toBe(text);
  });
});
