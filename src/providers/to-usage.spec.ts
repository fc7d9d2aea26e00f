import { describe, expect, it } from '@jest/globals';
import type { LanguageModelV3Usage } from '@ai-sdk/provider';
import { toUsage } from './to-usage.js';

function told(input: number | undefined, output: number | undefined, more: { cacheRead?: number; reasoning?: number } = {}): LanguageModelV3Usage {
  return {
    inputTokens: { total: input, noCache: undefined, cacheRead: more.cacheRead, cacheWrite: undefined },
    outputTokens: { total: output, text: undefined, reasoning: more.reasoning },
  };
}

describe('toUsage', () => {
  it('counts cached tokens within the input and reasoning within the output', () => {
    expect(toUsage(told(100, 20, { cacheRead: 300, reasoning: 15 }))).toEqual({ inputTokens: 100, outputTokens: 20, cachedInputTokens: 100, reasoningTokens: 15 });
    expect(toUsage(told(100, 20, { reasoning: 30 }))).toMatchObject({ outputTokens: 50 });
  });

  it.each([
    ['nothing', told(undefined, undefined)],
    ['an empty object, which the SDK reads as zeros', told(0, 0)],
    ['what no column holds', told(10, 3_000_000_000)],
  ])('is unknown, and so not free, where the provider told %s', (_what, usage) => {
    expect(toUsage(usage)).toBeNull();
  });
});
