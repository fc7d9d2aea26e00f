/** One line of a text file. `text` null: it can't be read, and `fault` says why. */
export type Line = { number: number; text: string } | { number: number; text: null; fault: string };

const newline = 0x0a;

/**
 * The lines of a file that arrives in pieces, `number` from 1; empty ones are left out, `\r` before the end and a byte order mark are dropped. Lines are cut where the
 * bytes say so and decoded whole, so a character may lie across pieces. A line of more than `longestBytes` is not kept in memory.
 */
export async function* readLines(source: AsyncIterable<Buffer>, longestBytes: number): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let length = 0;
  let number = 1;
  for await (const piece of source) {
    let start = 0;
    for (let end = piece.indexOf(newline); end !== -1; end = piece.indexOf(newline, start)) {
      const line = lineOf([...parts, piece.subarray(start, end)], length + end - start, number, longestBytes);
      if (line) yield line;
      parts = [];
      length = 0;
      start = end + 1;
      number++;
    }
    length += piece.length - start;
    if (length > longestBytes) parts = [];
    else if (start < piece.length) parts.push(piece.subarray(start));
  }
  const last = length > 0 ? lineOf(parts, length, number, longestBytes) : null;
  if (last) yield last;
}

function lineOf(parts: Buffer[], length: number, number: number, longestBytes: number): Line | null {
  if (length > longestBytes) return { number, text: null, fault: `has ${String(length)} bytes; at most ${String(longestBytes)} are possible. Split the request, or send its images smaller.` };
  const bytes = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: number > 1 }).decode(bytes).trim();
    return text === '' ? null : { number, text };
  } catch {
    return { number, text: null, fault: 'is not UTF-8. Save the file in UTF-8.' };
  }
}
