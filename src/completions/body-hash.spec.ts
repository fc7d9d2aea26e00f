import { describe, expect, it } from '@jest/globals';
import { bodyHash } from './body-hash.js';

describe('bodyHash', () => {
  it('does not depend on the order of fields', () => {
    expect(bodyHash('openai', { a: 1, b: { c: [1, 2], d: null } })).toBe(bodyHash('openai', { b: { d: null, c: [1, 2] }, a: 1 }));
  });

  it('differs by body, by order in lists and by endpoint', () => {
    const hashes = [bodyHash('openai', { a: [1, 2] }), bodyHash('openai', { a: [2, 1] }), bodyHash('anthropic', { a: [1, 2] }), bodyHash('openai', { a: [1, 2], stream: true })];
    expect(new Set(hashes).size).toBe(4);
  });

  it('refuses what has no canonical form', () => {
    expect(() => bodyHash('openai', { a: Infinity })).toThrow('too large');
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(() => bodyHash('openai', deep)).toThrow('nested too deeply');
  });
});
