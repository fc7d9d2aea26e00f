const newline = 0x0a;
const byteOrderMark = '\uFEFF';

/** Bytes of one line: more than any answer has, less than what a process could not hold. */
const mostLineBytes = 64 * 1024 * 1024;

/** The lines of a stream of bytes, without their ends and without empty ones. Lines are decoded whole, so that a piece may end within a character. Throws `RangeError` for a line of more than `mostBytes`. */
export async function* splitLines(pieces: AsyncIterable<Uint8Array>, mostBytes: number = mostLineBytes): AsyncGenerator<string> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const take = (last: Uint8Array): string => {
    const line = (pending.length === 0 ? Buffer.from(last.buffer, last.byteOffset, last.byteLength) : Buffer.concat([...pending, last])).toString('utf8');
    pending = [];
    pendingBytes = 0;
    return (line.startsWith(byteOrderMark) ? line.slice(1) : line).trim();
  };
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf(newline); end !== -1; end = piece.indexOf(newline, start)) {
      const line = take(piece.subarray(start, end));
      start = end + 1;
      if (line !== '') yield line;
    }
    if (start === piece.length) continue;
    pending.push(piece.subarray(start));
    pendingBytes += piece.length - start;
    if (pendingBytes > mostBytes) throw new RangeError(`a line has more than ${String(mostBytes)} bytes`);
  }
  const line = take(new Uint8Array());
  if (line !== '') yield line;
}
