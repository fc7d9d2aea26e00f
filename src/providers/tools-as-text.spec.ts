import { describe, expect, it } from '@jest/globals';
import { mentionsTools, toolsAsText } from './tools-as-text.js';

describe('toolsAsText', () => {
  it('tells calls and results in words and leaves the rest alone', () => {
    const question = { role: 'user' as const, content: 'Weather?' };
    const told = toolsAsText([
      question,
      { role: 'assistant', content: 'Let me look.', toolCalls: [{ id: 'a', name: 'get_weather', argumentsJson: '{"city":"Paris"}' }] },
      { role: 'tool', toolCallId: 'a', content: 'sunny' },
      { role: 'tool', toolCallId: 'b', content: 'broken', isError: true },
    ]);
    expect(told).toEqual([
      question,
      { role: 'assistant', content: 'Let me look.\n[Called get_weather with {"city":"Paris"}]' },
      { role: 'user', content: '[Result of get_weather]\nsunny' },
      { role: 'user', content: '[Error of tool]\nbroken' },
    ]);
    expect(told[0]).toBe(question);
    expect(mentionsTools(told)).toBe(false);
  });
});
