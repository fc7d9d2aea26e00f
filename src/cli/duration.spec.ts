import { describe, expect, it } from '@jest/globals';
import { duration, parseDuration } from './duration.js';

describe('durations', () => {
  it('are read and written', () => {
    expect(['90', '90s', '1h30m', '2d', '1h1m1s'].map(parseDuration)).toEqual([90_000, 90_000, 5_400_000, 172_800_000, 3_661_000]);
    for (const wrong of ['', 'soon', '1x', '-5s', '1.5h']) expect(() => parseDuration(wrong)).toThrow('write 90s');
    expect([0, 42, 185, 7_620, 100_800].map(duration)).toEqual(['0s', '42s', '3m 05s', '2h 07m', '1d 04h']);
  });
});
