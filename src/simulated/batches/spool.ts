import { createHash, randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const keptInMemoryBytes = 256 * 1024;
const pieceBytes = 64 * 1024;
const newline = 0x0a;

/**
 * Bytes that are written once, in order, and then read as a whole or line by line: in memory while small, else in a temporary file that has no name
 * any more (nothing is left behind by a process that is killed).
 */
export class Spool {
  bytes = 0;
  private small: Buffer[] | null = [];
  private file: FileHandle | null = null;
  /** Where each line ends, its newline included. */
  private readonly lineEnds: number[] = [];
  private readonly hash = createHash('sha256');
  private digest: string | null = null;
  private closed = false;

  async write(chunk: Buffer): Promise<void> {
    if (this.closed) return;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) this.lineEnds.push(this.bytes + at + 1);
    this.hash.update(chunk);
    this.bytes += chunk.length;
    if (this.small && this.bytes <= keptInMemoryBytes) {
      this.small.push(chunk);
      return;
    }
    this.file ??= await openNameless();
    if (this.small) await this.file.appendFile(Buffer.concat(this.small));
    this.small = null;
    await this.file.appendFile(chunk);
  }

  /** Lines, a last one without newline included; blank ones count. */
  get lines(): number {
    return this.lineEnds.length + ((this.lineEnds.at(-1) ?? 0) < this.bytes ? 1 : 0);
  }

  /** SHA-256 of the content, hexadecimal; after it nothing more may be written. */
  sha256(): string {
    this.digest ??= this.hash.digest('hex');
    return this.digest;
  }

  /** The texts of `count` lines from the one at `first` (0 is the first line), without their newlines. */
  async readLines(first: number, count: number): Promise<string[]> {
    const last = Math.min(first + count, this.lines);
    if (first >= last) return [];
    const start = this.startOf(first);
    const bytes = await this.read(start, this.endOf(last - 1) - start);
    return Array.from({ length: last - first }, (_, index) => bytes.toString('utf8', this.startOf(first + index) - start, this.endOf(first + index) - start).replace(/\r?\n$/, ''));
  }

  /** The whole content in pieces. */
  async *content(): AsyncGenerator<Buffer> {
    for (let at = 0; at < this.bytes; at += pieceBytes) yield await this.read(at, Math.min(pieceBytes, this.bytes - at));
  }

  async close(): Promise<void> {
    this.closed = true;
    this.small = null;
    const file = this.file;
    this.file = null;
    await file?.close();
  }

  private startOf(line: number): number {
    return line === 0 ? 0 : (this.lineEnds[line - 1] ?? this.bytes);
  }

  private endOf(line: number): number {
    return this.lineEnds[line] ?? this.bytes;
  }

  private async read(start: number, length: number): Promise<Buffer> {
    if (this.small) {
      if (this.small.length > 1) this.small = [Buffer.concat(this.small)];
      return (this.small[0] ?? Buffer.alloc(0)).subarray(start, start + length);
    }
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = (await this.file?.read(bytes, filled, length - filled, start + filled)) ?? { bytesRead: 0 };
      if (bytesRead === 0) throw new Error('This simulated file was deleted.');
      filled += bytesRead;
    }
    return bytes;
  }
}

async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `conclave-simulated-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  // Windows keeps the names of open files: there the file stays until the system clears its temporary folder.
  await unlink(path).catch(() => undefined);
  return file;
}
