import { describe, expect, it } from '@jest/globals';
import { editDistance, nearestNames } from './nearest-names.js';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['gpt-4o', 'gpt-4o', 0],
  ])('%p to %p is %i', (left, right, distance) => {
    expect(editDistance(left, right)).toBe(distance);
    expect(editDistance(right, left)).toBe(distance);
  });
});

describe('nearestNames', () => {
  const known = ['openai/gpt-4o-mini', 'openai/gpt-4o', 'trio', 'panel/fast', 'composite/council/openai/gpt-4o'];

  it.each([
    ['openai/gpt-4o-mni', ['openai/gpt-4o-mini', 'openai/gpt-4o']],
    ['gpt-4o-mni', ['openai/gpt-4o-mini']],
    ['composite/councel/openai/gpt-4o', ['composite/council/openai/gpt-4o']],
    ['TRIO', ['trio']],
    ['zzzzzzzzzzzz', []],
  ])('of %s', (name, names) => {
    expect(nearestNames(name, known).slice(0, names.length || 1)).toEqual(names);
  });
});
