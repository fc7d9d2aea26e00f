import { describe, expect, it } from '@jest/globals';
import { AdaptiveWindow } from './adaptive-window.js';

describe('AdaptiveWindow', () => {
  it('halves down to one and grows by one with each window of successes, up to what was asked', () => {
    const window = new AdaptiveWindow(8);
    for (let count = 0; count < 5; count++) window.slowedDown();
    expect(window.size).toBe(1);
    window.succeeded();
    expect(window.size).toBe(2);
    window.succeeded();
    expect(window.size).toBe(2);
    window.succeeded();
    expect(window.size).toBe(3);
    for (let count = 0; count < 100; count++) window.succeeded();
    expect(window.size).toBe(8);
  });
});
