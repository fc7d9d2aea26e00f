import { describe, expect, it } from '@jest/globals';
import { callKey } from '../../domain/chat/call.js';
import { streamAttempt } from './publish-text.js';

const key = (memberIndex: number, sample = 0, path = '') => callKey({ path, stage: 'chairman', layer: 0, memberIndex, sample });

describe('streamAttempt', () => {
  it('is the attempt for the first call of a chain', () => {
    expect([streamAttempt(key(0), 1), streamAttempt(key(0), 2)]).toEqual([1, 2]);
  });

  it('is higher for every later call of a chain, whatever the attempts before', () => {
    const numbers = [streamAttempt(key(0), 3), streamAttempt(key(1), 1), streamAttempt(key(2), 1), streamAttempt(key(0, 1), 1)];
    expect(numbers).toEqual([...numbers].sort((left, right) => left - right));
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('reads a nested key by its last part', () => {
    expect(streamAttempt(key(1, 0, 'chairman/0/0/0:'), 2)).toBe(streamAttempt(key(1), 2));
  });
});
