import { Zip, type ZipInputFile } from 'fflate';

/** One file of an archive, compressed already. */
export interface PackedFile {
  name: string;
  /** Uncompressed. */
  bytes: number;
  crc32: number;
  method: 'stored' | 'deflated';
  /** Its bytes as they lie in the archive. */
  packed(): AsyncIterable<Uint8Array<ArrayBuffer>> | Iterable<Uint8Array<ArrayBuffer>>;
}

/** The format without extensions counts in 32 bits. */
const mostBytes = 2 ** 32 - 1;

/**
 * An archive's bytes, a pure function of its files: no time, no comment, no attributes. So a reader can make it again from what it read, and any byte that differs shows. Up to 4 GB.
 */
export async function* packArchive(files: readonly PackedFile[]): AsyncIterable<Uint8Array> {
  const large = files.find(({ bytes }) => bytes > mostBytes);
  if (large) throw new RangeError(`${large.name} has ${String(large.bytes)} bytes; an archive holds files of at most ${String(mostBytes)}. Export as JSON lines instead.`);
  const ready: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    ready.push(chunk);
  });
  for (const file of files) {
    // In local time, as the format has no other: the same bytes in any zone.
    const entry: ZipInputFile = { filename: file.name, size: file.bytes, crc: file.crc32, compression: file.method === 'stored' ? 0 : 8, flag: 0, mtime: new Date(1980, 0, 1) };
    zip.add(entry);
    for await (const chunk of file.packed()) {
      entry.ondata?.(null, chunk, false);
      yield* ready.splice(0);
    }
    entry.ondata?.(null, new Uint8Array(0), true);
    yield* ready.splice(0);
  }
  zip.end();
  yield* ready.splice(0);
}
