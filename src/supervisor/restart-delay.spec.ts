import { describe, expect, it } from '@jest/globals';
import { failuresInARow, restartDelayMs } from './restart-delay.js';

describe('restart delay', () => {
  it('doubles from a quarter of a second to 15 s', () => {
    expect([1, 2, 3, 4, 7, 100].map(restartDelayMs)).toEqual([250, 500, 1_000, 2_000, 15_000, 15_000]);
  });

  it('counts failures in a row, and afresh after half a minute of health', () => {
    expect(failuresInARow(3, null)).toBe(4);
    expect(failuresInARow(3, 29_999)).toBe(4);
    expect(failuresInARow(3, 30_000)).toBe(1);
  });
});
