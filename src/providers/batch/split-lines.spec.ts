import { describe, expect, it } from '@jest/globals';
import fastCheck from 'fast-check';
import { splitLines } from './split-lines.js';

async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (let turn = 0; start < bytes.length; turn += 1) {
    const end = start + (sizes[turn % sizes.length] ?? 1);
    yield await Promise.resolve(bytes.subarray(start, end));
    start = end;
  }
}

async function linesOf(text: string, sizes: readonly number[], mostBytes?: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of splitLines(pieces(Buffer.from(text), sizes), mostBytes)) lines.push(line);
  return lines;
}

describe('splitLines', () => {
  it('gives the same lines however the bytes come, also from within a character', async () => {
    const line = fastCheck.string({ unit: 'grapheme' }).map((text) => `{${text.replace(/[\r\n\u0085\u2028\u2029]/g, ' ')}}`);
    await fastCheck.assert(
      fastCheck.asyncProperty(fastCheck.array(line, { minLength: 1 }), fastCheck.array(fastCheck.integer({ min: 1, max: 7 }), { minLength: 1 }), fastCheck.boolean(), async (lines, sizes, ended) => {
        expect(await linesOf(lines.join('\n') + (ended ? '\n' : ''), sizes)).toEqual(lines);
      }),
    );
  });

  it('takes lines of several megabytes', async () => {
    const long = `{"text":"${'ä€😀'.repeat(1_000_000)}"}`;
    expect(await linesOf(`${long}\n{}\n`, [65_536])).toEqual([long, '{}']);
  });

  it('leaves out empty lines, carriage returns and a byte order mark', async () => {
    expect(await linesOf('\uFEFF{"a":1}\r\n\r\n\n  \n{"b":2}', [3])).toEqual(['{"a":1}', '{"b":2}']);
    expect(await linesOf('', [1])).toEqual([]);
  });

  it('refuses a line that never ends', async () => {
    await expect(linesOf('x'.repeat(100), [10], 50)).rejects.toThrow('a line has more than 50 bytes');
  });
});
