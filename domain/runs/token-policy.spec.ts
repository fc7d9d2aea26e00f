import { describe, expect, it } from '@jest/globals';
import { doubledAfterTruncation, fitToContext, shrunkAfterRefusal } from './token-policy.js';

const unknown = { contextTokens: null, outputTokens: null, isExplicit: false };

describe('the output-token policy', () => {
  it('leaves a limit that fits, and none at all', () => {
    expect(fitToContext({ maxOutputTokens: 500 }, 100, { ...unknown, contextTokens: 4_096 })).toEqual({ maxOutputTokens: 500, change: null });
    expect(fitToContext({}, 100, unknown)).toEqual({ maxOutputTokens: undefined, change: null });
  });

  it('shrinks to what the context leaves, or the model can write', () => {
    expect(fitToContext({ maxOutputTokens: 1_000 }, 3_500, { ...unknown, contextTokens: 4_096 })?.maxOutputTokens).toBe(596);
    expect(fitToContext({ maxOutputTokens: 1_000 }, 10, { ...unknown, outputTokens: 512 })?.change).toMatchObject({ change: 'shrunk', maxOutputTokens: 512 });
  });

  it('refuses a question that leaves no room', () => {
    expect(fitToContext({ maxOutputTokens: 1_000 }, 4_090, { ...unknown, contextTokens: 4_096 })).toBeNull();
  });

  it('halves after a refusal, down to a short answer', () => {
    expect(shrunkAfterRefusal(512, 'refused')).toMatchObject({ maxOutputTokens: 256 });
    expect(shrunkAfterRefusal(100, 'refused')).toBeNull();
    expect(shrunkAfterRefusal(undefined, 'refused')).toBeNull();
  });

  it('doubles a truncated answer three times, up to the ceilings, and never past a limit the user named', () => {
    expect(doubledAfterTruncation(512, 0, 100, unknown)).toMatchObject({ change: 'doubled', maxOutputTokens: 1_024 });
    expect(doubledAfterTruncation(512, 3, 100, unknown)).toBeNull();
    expect(doubledAfterTruncation(512, 0, 100, { ...unknown, outputTokens: 700 })).toMatchObject({ maxOutputTokens: 700 });
    expect(doubledAfterTruncation(700, 1, 100, { ...unknown, outputTokens: 700 })).toBeNull();
    expect(doubledAfterTruncation(512, 0, 100, { ...unknown, isExplicit: true })).toBeNull();
  });
});
