import { describe, expect, it } from '@jest/globals';
import fastCheck from 'fast-check';
import { costOfCall } from './cost-of-call.js';

const price = { inputNanoUsdPerMillion: 150_000_000, outputNanoUsdPerMillion: 600_000_000, cachedInputNanoUsdPerMillion: 75_000_000, source: 'spec', date: '2026-11-21' };
const tokens = fastCheck.integer({ min: 0, max: 20_000_000 });
const rate = fastCheck.integer({ min: 0, max: 600_000_000_000 });
const usages = fastCheck.record({ inputTokens: tokens, outputTokens: tokens, cachedInputTokens: tokens, reasoningTokens: tokens });
const prices = fastCheck.record({ inputNanoUsdPerMillion: rate, outputNanoUsdPerMillion: rate, cachedInputNanoUsdPerMillion: fastCheck.option(rate), reasoningNanoUsdPerMillion: fastCheck.option(rate), source: fastCheck.constant('spec'), date: fastCheck.constant('2026-11-21') });

describe('costOfCall', () => {
  it('charges reasoning at its own price where it has one', () => {
    const usage = { inputTokens: 0, outputTokens: 500, cachedInputTokens: 0, reasoningTokens: 400 };
    expect(costOfCall(usage, { ...price, reasoningNanoUsdPerMillion: 1_000_000_000 })).toBe(100 * 600 + 400 * 1_000);
    expect(costOfCall({ ...usage, reasoningTokens: 900 }, { ...price, reasoningNanoUsdPerMillion: 1_000_000_000 })).toBe(500 * 1_000);
    expect(costOfCall(usage, { ...price, reasoningNanoUsdPerMillion: null })).toBe(500 * 600);
  });

  it('charges cached input at its own price and reasoning as output', () => {
    expect(costOfCall({ inputTokens: 1_000, outputTokens: 500, cachedInputTokens: 0, reasoningTokens: 400 }, price)).toBe(450_000);
    expect(costOfCall({ inputTokens: 1_000, outputTokens: 500, cachedInputTokens: 600, reasoningTokens: 0 }, price)).toBe(405_000);
    expect(costOfCall({ inputTokens: 1_000, outputTokens: 0, cachedInputTokens: 600, reasoningTokens: 0 }, { ...price, cachedInputNanoUsdPerMillion: null })).toBe(150_000);
  });

  it('rounds once, half up', () => {
    const one = { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0, reasoningTokens: 0 };
    expect(costOfCall(one, { ...price, inputNanoUsdPerMillion: 250_000, outputNanoUsdPerMillion: 250_000 })).toBe(1);
    expect(costOfCall(one, { ...price, inputNanoUsdPerMillion: 250_000, outputNanoUsdPerMillion: 249_999 })).toBe(0);
  });

  it('is unknown where tokens or price are', () => {
    expect(costOfCall(null, price)).toBeNull();
    expect(costOfCall({ inputTokens: 1, outputTokens: 1, cachedInputTokens: 0, reasoningTokens: 0 }, null)).toBeNull();
  });

  it('is a whole number, exact to half a nano-dollar, and never falls with more tokens', () => {
    fastCheck.assert(
      fastCheck.property(usages, prices, tokens, (usage, anyPrice, more) => {
        const cost = costOfCall(usage, anyPrice) ?? -1;
        expect(Number.isSafeInteger(cost) && cost >= 0).toBe(true);
        expect(costOfCall({ ...usage, outputTokens: usage.outputTokens + more }, anyPrice)).toBeGreaterThanOrEqual(cost);
        const cached = Math.min(usage.cachedInputTokens, usage.inputTokens);
        const reasoning = Math.min(usage.reasoningTokens, usage.outputTokens);
        const exact =
          BigInt(usage.inputTokens - cached) * BigInt(anyPrice.inputNanoUsdPerMillion) +
          BigInt(cached) * BigInt(anyPrice.cachedInputNanoUsdPerMillion ?? anyPrice.inputNanoUsdPerMillion) +
          BigInt(usage.outputTokens - reasoning) * BigInt(anyPrice.outputNanoUsdPerMillion) +
          BigInt(reasoning) * BigInt(anyPrice.reasoningNanoUsdPerMillion ?? anyPrice.outputNanoUsdPerMillion);
        const error = BigInt(cost) * 1_000_000n - exact;
        expect(error > -500_000n && error <= 500_000n).toBe(true);
      }),
    );
  });

  it('of a cached token is never more than of a fresh one, where its price is lower', () => {
    fastCheck.assert(
      fastCheck.property(usages, (usage) => {
        expect(costOfCall(usage, price)).toBeLessThanOrEqual(costOfCall({ ...usage, cachedInputTokens: 0 }, price) ?? -1);
      }),
    );
  });
});
