import { describe, expect, it } from '@jest/globals';
import { derivedSeed, seededRandom } from './seeded-random.js';

const draw = (seed: number, count: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, random);
};

describe('seededRandom', () => {
  it('draws the same numbers in any process', () => {
    expect(draw(7, 3)).toEqual([0.011704753153026104, 0.06195825757458806, 0.97690763277933]);
  });

  it('differs by seed, stays in [0, 1) and is roughly even', () => {
    const numbers = draw(1, 10_000);
    expect(numbers[0]).not.toBe(draw(2, 1)[0]);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(numbers.reduce((sum, number) => sum + number, 0) / numbers.length).toBeCloseTo(0.5, 1);
  });
});

describe('derivedSeed', () => {
  it("keeps the plan's own seed at the top and gives each seat its own", () => {
    expect(derivedSeed(7, '')).toBe(7);
    expect(derivedSeed(7, 'propose/0/0/0:')).not.toBe(derivedSeed(7, 'propose/0/1/0:'));
  });
});
