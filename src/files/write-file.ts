import { createHash, randomBytes } from 'node:crypto';
import type { FileRecord, FilesStore } from './files.store.js';

/** Bytes of one stored piece. */
const chunkBytes = 256 * 1024;

/** A file as it was written; `sha256` (hex) is over its bytes. */
export interface WrittenFile extends FileRecord {
  sha256: string;
}

/** A new file's id, 96 random bits. */
export function createFileId(): string {
  return `file-${randomBytes(12).toString('hex')}`;
}

/**
 * Writes a file piece by piece as `source` gives its bytes, holding one piece in memory; the source is read no faster than the pieces are written.
 * Where the source or the database fails nothing stays, and the error is thrown.
 */
export async function writeFile(store: FilesStore, file: Pick<FileRecord, 'id' | 'caller' | 'purpose' | 'filename'>, source: AsyncIterable<Buffer | string>): Promise<WrittenFile> {
  const hash = createHash('sha256');
  await store.begin(file);
  try {
    let bytes = 0;
    let chunks = 0;
    for await (const piece of pieces(source)) {
      hash.update(piece);
      await store.append(file.id, chunks, piece);
      bytes += piece.length;
      chunks++;
    }
    const written = await store.complete(file.id, { bytes, chunks });
    if (!written) throw new Error(`File ${file.id} was removed while it was written.`);
    return { ...written, sha256: hash.digest('hex') };
  } catch (error) {
    // What can't be removed now is removed by the sweep.
    await store.remove(file.id).catch(() => undefined);
    throw error;
  }
}

async function* pieces(source: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const part of source) {
    let rest = typeof part === 'string' ? Buffer.from(part) : part;
    while (length + rest.length >= chunkBytes) {
      const take = chunkBytes - length;
      yield Buffer.concat([...parts, rest.subarray(0, take)]);
      rest = rest.subarray(take);
      parts = [];
      length = 0;
    }
    if (rest.length > 0) parts.push(rest);
    length += rest.length;
  }
  if (length > 0) yield Buffer.concat(parts);
}
