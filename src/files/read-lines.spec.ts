import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readLines, type Line } from './read-lines.js';

async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0;
  for (let index = 0; from < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    yield await Promise.resolve(bytes.subarray(from, from + size));
    from += size;
  }
}

async function linesOf(bytes: Buffer, sizes: readonly number[], longestBytes = 1_000_000): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of readLines(cut(bytes, sizes), longestBytes)) lines.push(line);
  return lines;
}

describe('readLines', () => {
  it('gives the same lines however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/\s/g, '_'))), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), async (texts, sizes) => {
        const lines = await linesOf(Buffer.from(texts.join('\n')), sizes);
        expect(lines).toEqual(texts.flatMap((text, index) => (text.replaceAll('\ufeff', '').trim() === '' || text.startsWith('\ufeff') ? (text.replace(/^\ufeff/, '').trim() === '' ? [] : [{ number: index + 1, text: text.replace(/^\ufeff/, '').trim() }]) : [{ number: index + 1, text: text.trim() }])));
      }),
    );
  });

  it('drops a byte order mark, carriage returns and empty lines, and counts them', async () => {
    expect(await linesOf(Buffer.from('\ufeff{"a":1}\r\n\r\n\n{"b":"é"}'), [3])).toEqual([
      { number: 1, text: '{"a":1}' },
      { number: 4, text: '{"b":"é"}' },
    ]);
  });

  it('names a line that is not UTF-8 and goes on with the next', async () => {
    const lines = await linesOf(Buffer.concat([Buffer.from([0x7b, 0xff, 0x0a]), Buffer.from('{}')]), [2]);
    expect(lines).toEqual([{ number: 1, text: null, fault: expect.stringContaining('UTF-8') }, { number: 2, text: '{}' }]);
  });

  it('names a line that is too long without keeping it', async () => {
    const lines = await linesOf(Buffer.from(`${'x'.repeat(50)}\n{}\n${'y'.repeat(11)}`), [7], 10);
    expect(lines).toEqual([
      { number: 1, text: null, fault: expect.stringContaining('50 bytes; at most 10') },
      { number: 2, text: '{}' },
      { number: 3, text: null, fault: expect.stringContaining('11 bytes') },
    ]);
  });
});
