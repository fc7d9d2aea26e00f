import { describe, expect, it } from '@jest/globals';
import { storableJson } from './storable-json.js';

describe('storableJson', () => {
  it('leaves ordinary values alone, escaped look-alikes included', () => {
    const value = { a: 'é🦊\\u0000\\ud83d', b: [1, null, true] };
    expect(JSON.parse(storableJson(value))).toEqual(value);
  });

  it('replaces half surrogate pairs, in names too', () => {
    expect(JSON.parse(storableJson({ 'x\ud800': ['a\udc00b'] }))).toEqual({ 'x\ufffd': ['a\ufffdb'] });
  });

  it('refuses NUL', () => {
    expect(() => storableJson({ a: ['b\0'] })).toThrow('U+0000');
    expect(() => storableJson({ 'b\0': 1 })).toThrow('U+0000');
  });
});
