import { createWriteStream, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Writes an answer's body to a file, which is there only once it is whole, or to standard output, without holding it. */
export async function writeBody(response: Response, file: string | undefined): Promise<void> {
  try {
    await write(response, file);
  } catch (error) {
    // The only word that fetch has for it.
    if (error instanceof TypeError && error.message === 'terminated') throw new Error('The connection broke before everything was there. Ask again.', { cause: error });
    throw error;
  }
}

async function write({ body }: Response, file: string | undefined): Promise<void> {
  const bytes = body === null ? Readable.from([]) : Readable.fromWeb(body);
  if (file === undefined) return pipeline(bytes, process.stdout, { end: false });
  // A device or pipe is written as it is: a rename would replace it.
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) return pipeline(bytes, createWriteStream(file));
  const unfinished = `${file}.part`;
  try {
    await pipeline(bytes, createWriteStream(unfinished));
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
