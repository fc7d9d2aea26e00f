import { describe, expect, it } from '@jest/globals';
import { boundBy, costBy } from './run-calls.js';

const price = { inputNanoUsdPerMillion: 1_000_000_000, outputNanoUsdPerMillion: 2_000_000_000, cachedInputNanoUsdPerMillion: null, source: 'spec', date: '2026-11-21' };
const usage = { inputTokens: 1_000, outputTokens: 100, cachedInputTokens: 0, reasoningTokens: 0 };
const priceOf = (name: string) => (name === 'dear' ? { ...price, inputNanoUsdPerMillion: 3_000_000_000 } : name === 'cheap' ? price : null);
const boundOf = (name: string) => ({ dear: 3_000, cheap: 1_000 })[name] ?? null;

describe('what a call of a run costs, and may cost', () => {
  it.each([
    ['its own price', { cost: undefined, participants: null }, 1_200_000, 500],
    ['nothing that is known', { cost: 'none', participants: null }, null, null],
    ['so much a request', { cost: { per_request_usd: 0.002 }, participants: null }, 2_000_000, 2_000_000],
    ['its participants', { cost: 'participants', participants: ['dear', 'cheap'] }, (3_200_000 + 1_200_000) / 2, 2_000],
    ['participants, one of whom has no price', { cost: 'participants', participants: ['dear', 'nobody'] }, null, null],
    ['participants that nobody named', { cost: 'participants', participants: null }, null, null],
  ] as const)('goes by %s', (_, rules, cost, bound) => {
    const asRules = { ...rules, participants: rules.participants === null ? null : [...rules.participants] };
    expect(costBy(asRules, usage, price, priceOf)).toBe(cost);
    expect(boundBy(asRules, 500, boundOf)).toBe(bound);
  });
});
