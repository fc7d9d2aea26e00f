import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A job's whole input, on disk. */
export interface SpooledInput {
  bytes: number;
  /** From the beginning, as often as wanted, one after another. */
  read(): ReadableStream<Uint8Array>;
}

/** The input has more bytes than a job may have. */
export class InputTooLarge extends Error {
  override readonly name = 'InputTooLarge';
}

/** The input could not be read; `cause` is why, and no trouble of a provider. */
export class InputUnreadable extends Error {
  override readonly name = 'InputUnreadable';
}

const flushAt = 1024 * 1024;

/**
 * Writes `pieces` to a file that nobody else can open, hands it to `use`, and is rid of it. A job's input is sent with its length, which vendors want, and is never whole in memory.
 * The file has no name while it is used, so that a crash leaves none behind. Throws `InputTooLarge` beyond `mostBytes`, and
 * `InputUnreadable` with what `pieces` threw.
 */
export async function spoolInput<Result>(pieces: AsyncIterable<string>, mostBytes: number, use: (input: SpooledInput) => Promise<Result>, parent: string = tmpdir()): Promise<Result> {
  const folder = await mkdtemp(join(parent, 'conclave-batch-'));
  const file = await open(join(folder, 'input'), 'wx+', 0o600).finally(() => rm(folder, { recursive: true, force: true }));
  try {
    let bytes = 0;
    let buffered: string[] = [];
    let length = 0;
    const flush = async (): Promise<void> => {
      const data = Buffer.from(buffered.join(''), 'utf8');
      buffered = [];
      length = 0;
      if (bytes + data.length > mostBytes) throw new InputTooLarge(`the input has more than the ${String(mostBytes)} bytes that one job may have`);
      for (let written = 0; written < data.length; ) written += (await file.write(data, written, data.length - written, bytes + written)).bytesWritten;
      bytes += data.length;
    };
    for await (const piece of readable(pieces)) {
      buffered.push(piece);
      length += piece.length;
      if (length >= flushAt) await flush();
    }
    await flush();
    return await use({ bytes, read: () => ReadableStream.from(contentOf(file)) });
  } finally {
    await file.close();
  }
}

// Not the file's own stream: that one closes the file when a vendor answers before it has read all.
async function* contentOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(256 * 1024), { position });
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* readable(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  try {
    yield* pieces;
  } catch (cause) {
    throw new InputUnreadable('the lines of the job could not be read', { cause });
  }
}
