import { describe, expect, it } from '@jest/globals';
import { accuracyInterval } from './accuracy-interval.js';

describe('the interval beside an accuracy', () => {
  const measured = { accuracy: 0.5, wilson_95: [0.49, 0.51] as const, standard_error: 0.1 };
  it("is Wilson's, and the clustered error's where items were asked several times", () => {
    expect(accuracyInterval(measured, 1)).toEqual([0.49, 0.51]);
    const [low, high] = accuracyInterval(measured, 3) ?? [];
    expect([low, high]).toEqual([expect.closeTo(0.304, 3), expect.closeTo(0.696, 3)]);
    expect(accuracyInterval({ ...measured, accuracy: 0.99 }, 2)?.[1]).toBe(1);
  });

  it("stays Wilson's where the clustered error is unknown or 0, and nothing where nothing was answered", () => {
    for (const error of [0, null]) expect(accuracyInterval({ ...measured, standard_error: error }, 3)).toEqual([0.49, 0.51]);
    expect(accuracyInterval({ accuracy: null, wilson_95: null, standard_error: null }, 2)).toBeNull();
  });
});
