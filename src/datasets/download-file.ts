import { createWriteStream } from 'node:fs';
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { request, type Dispatcher } from 'undici';
import { DatasetFault } from './dataset-fault.js';

/** How a download is carried out; milliseconds. */
export interface DownloadOptions {
  dispatcher: Dispatcher;
  onProgress(bytes: number, ofBytes: number | null): void;
  attempts: number;
  retryMs: number;
  /** Longest silence before the connection is given up. */
  silenceMs: number;
  /** Whether the hash of the whole is known. Else a part is only gone on with where the server vouches that the file is still the same (a strong ETag, kept beside it): two versions in one would be taken for the first one seen. */
  isHashKnown: boolean;
}

const mostRedirects = 5;

/**
 * Fetches `url` into `path`, going on where an earlier attempt, of this process or another, ended (HTTP Range). Servers without ranges, and those whose file is another one meanwhile, begin anew. Throws `dataset_unavailable` after all attempts, with what
 * the last one met; what has come stays for the next time.
 */
export async function downloadFile(url: string, path: string, options: DownloadOptions): Promise<void> {
  let last: unknown = null;
  for (let attempt = 1; attempt <= options.attempts; attempt++) {
    try {
      await fetchRest(url, path, options);
      return;
    } catch (error) {
      if (error instanceof DatasetFault) throw error;
      last = error;
      if (attempt < options.attempts) await wait(options.retryMs * 2 ** (attempt - 1));
    }
  }
  throw new DatasetFault('dataset_unavailable', `${url} could not be fetched in ${String(options.attempts)} attempts: ${(last instanceof Error ? last.message : String(last)).replace(/\.$/, '')}.`, last);
}

async function fetchRest(url: string, path: string, options: DownloadOptions): Promise<void> {
  const tag = await readFile(tagPathOf(path), 'utf8').catch(() => null);
  const have = options.isHashKnown || tag !== null ? await sizeOf(path) : 0;
  const response = await follow(url, { have, tag }, options);
  const { statusCode, headers, body } = response;
  if (statusCode === 416) {
    await body.dump();
    // All of it was there, unless the file behind the address became shorter: the hash tells.
    return;
  }
  if (statusCode !== 200 && statusCode !== 206) {
    await body.dump();
    const message = `${url} answered ${String(statusCode)}.`;
    if (statusCode >= 400 && statusCode < 500 && statusCode !== 408 && statusCode !== 429) throw new DatasetFault('dataset_unavailable', message);
    throw new Error(message);
  }
  const start = statusCode === 206 ? have : 0;
  if (statusCode === 206 && rangeStart(headers) !== have) throw new Error(`${url} answered another range than asked for.`);
  const length = Number(headers['content-length']);
  const total = Number.isFinite(length) ? start + length : null;
  let bytes = start;
  // Truncated where the server begins anew.
  if (start === 0) {
    await (await open(path, 'w', 0o644)).close();
    await keepTag(path, headers.etag);
  }
  await pipeline(
    body,
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        bytes += chunk.length;
        options.onProgress(bytes, total);
        yield chunk;
      }
    },
    createWriteStream(path, { flags: 'a' }),
  );
  if (total !== null && bytes < total) throw new Error(`${url} ended after ${String(bytes)} of ${String(total)} bytes.`);
}

async function follow(url: string, { have, tag }: { have: number; tag: string | null }, options: DownloadOptions): Promise<Dispatcher.ResponseData> {
  let address = url;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const response = await request(address, {
      dispatcher: options.dispatcher,
      headers: { 'accept-encoding': 'identity', ...(have > 0 ? { range: `bytes=${String(have)}-`, ...(tag !== null && { 'if-range': tag }) } : {}) },
      headersTimeout: options.silenceMs,
      bodyTimeout: options.silenceMs,
    });
    const { location } = response.headers;
    if (response.statusCode < 300 || response.statusCode >= 400 || typeof location !== 'string') return response;
    await response.body.dump();
    address = new URL(location, address).href;
  }
  throw new DatasetFault('dataset_unavailable', `${url} redirects more than ${String(mostRedirects)} times.`);
}

/** Where the ETag of the file that a part belongs to is kept. */
export function tagPathOf(path: string): string {
  return `${path}.etag`;
}

// A weak one does not vouch for bytes.
async function keepTag(path: string, tag: string | string[] | undefined): Promise<void> {
  if (typeof tag === 'string' && tag.startsWith('"')) await writeFile(tagPathOf(path), tag);
  else await rm(tagPathOf(path), { force: true });
}

function rangeStart(headers: Dispatcher.ResponseData['headers']): number | null {
  const range = headers['content-range'];
  const found = typeof range === 'string' ? /^bytes (\d+)-/.exec(range)?.[1] : undefined;
  return found === undefined ? null : Number(found);
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(({ size }) => size, () => 0);
}
