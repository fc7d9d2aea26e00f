import { describe, expect, it } from '@jest/globals';
import { costInUsd } from './cost-in-usd.js';

describe('costInUsd', () => {
  it.each([
    ['a known cost', { costNanoUsd: 1_500_000_000, costKnown: true }, 1.5],
    ['a known cost of nothing', { costNanoUsd: 0, costKnown: true }, 0],
    ['the known part', { costNanoUsd: 1_500, costKnown: false }, 0.0000015],
    ['null where nothing is known', { costNanoUsd: 0, costKnown: false }, null],
  ])('tells %s', (_, cost, dollars) => {
    expect(costInUsd(cost)).toBe(dollars);
  });
});
