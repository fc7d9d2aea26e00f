import { describe, expect, it } from '@jest/globals';
import { estimateTokens } from './estimate-tokens.js';

describe('estimateTokens', () => {
  it('counts four bytes a token and four tokens a message', () => {
    expect(estimateTokens({ messages: [{ role: 'user', content: 'Hello there' }] })).toBe(7);
    expect(estimateTokens({ messages: [{ role: 'user', content: '你好你好' }] })).toBe(7);
  });

  it('counts images, calls and tools', () => {
    const messages = [
      { role: 'user' as const, content: [{ type: 'image' as const, data: 'AAAA', mediaType: 'image/png' }] },
      { role: 'assistant' as const, content: '', toolCalls: [{ id: 'c', name: 'four', argumentsJson: '{}' }] },
    ];
    expect(estimateTokens({ messages })).toBe(4 + 1_500 + 4 + 1 + 1);
    expect(estimateTokens({ messages: [], tools: [{ name: 'f', parameters: {} }] })).toBeGreaterThan(5);
  });
});
