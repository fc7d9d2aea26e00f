import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JsonArraySplitter } from './json-array-splitter.js';

const split = (text: string, size: number): { found: unknown[]; rest: string } => {
  const splitter = new JsonArraySplitter('requests');
  const bytes = Buffer.from(text);
  const found: unknown[] = [];
  for (let at = 0; at < bytes.length; at += size) found.push(...splitter.push(Buffer.from(bytes.subarray(at, at + size))).map((line) => JSON.parse(line) as unknown));
  return { found, rest: splitter.rest() };
};

describe('JsonArraySplitter', () => {
  it('gives the objects that the whole would give, wherever the pieces end', () => {
    const objects = fc.array(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), { maxLength: 5 });
    fc.assert(
      fc.property(objects, fc.integer({ min: 1, max: 40 }), fc.boolean(), (requests, size, pretty) => {
        const { found, rest } = split(JSON.stringify({ before: { requests: [{ not: 'this' }] }, requests, after: '"requests":[{' }, null, pretty ? 2 : 0), size);
        expect(found).toEqual(JSON.parse(JSON.stringify(requests)));
        expect(JSON.parse(rest)).toEqual({ before: { requests: [{ not: 'this' }] }, requests: [], after: '"requests":[{' });
      }),
    );
  });

  it('leaves a rest that is no JSON where the body is cut off', () => {
    expect(() => JSON.parse(split('{"requests":[{"a":1},{"b":', 7).rest) as unknown).toThrow(SyntaxError);
  });
});
