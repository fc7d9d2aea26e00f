import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, createWriteStream, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { EnvHttpProxyAgent, fetch } from 'undici';
import { outgoingProxy } from '../config/outgoing-proxy.js';
import { processEnvironment } from '../config/process-environment.js';
import { temporalRelease, temporalVersion } from './temporal-release.js';

const run = promisify(execFile);
/** A machine without access must get on with the next way: this is all the patience until the first byte. */
const firstByteMs = 8_000;
/** A connection this long without a byte is dead. */
const stallMs = 15_000;

/** Downloads the pinned release, checks its sha256 and puts the program at `target`. Throws where the network, the checksum or the platform says no. */
export async function downloadTemporal(target: string, progress: (line: string) => void): Promise<void> {
  const release = temporalRelease(process.platform, process.arch);
  if (!release) throw new Error(`no pinned release of Temporal ${temporalVersion} for ${process.platform} ${process.arch}`);
  progress(`downloading Temporal ${temporalVersion} (about 50 MB) from ${release.url}`);
  const folder = mkdtempSync(join(dirname(target), 'download-'));
  try {
    const archive = join(folder, 'temporal.tar.gz');
    const sha256 = await fetchTo(archive, release.url, progress);
    if (sha256 !== release.sha256) throw new Error(`the downloaded archive has sha256 ${sha256}, expected ${release.sha256}; it is not used`);
    await run('tar', ['-xzf', archive, '-C', folder]);
    chmodSync(join(folder, 'temporal'), 0o755);
    renameSync(join(folder, 'temporal'), target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes the address's body to a file and returns its sha256. */
async function fetchTo(file: string, url: string, progress: (line: string) => void): Promise<string> {
  const abort = new AbortController();
  let timer = setTimeout(() => { abort.abort(new Error(`no answer within ${String(firstByteMs / 1000)} s`)); }, firstByteMs);
  const hash = createHash('sha256');
  let megabytesSaid = 0;
  let bytes = 0;
  try {
    const proxy = outgoingProxy(processEnvironment());
    const response = await fetch(url, { signal: abort.signal, ...(proxy !== null && { dispatcher: new EnvHttpProxyAgent(proxy) }) });
    if (!response.ok || !response.body) throw new Error(`HTTP ${String(response.status)}`);
    const watched = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        clearTimeout(timer);
        timer = setTimeout(() => { abort.abort(new Error('the download stalled')); }, stallMs);
        hash.update(chunk);
        bytes += chunk.length;
        if (bytes >= (megabytesSaid + 10) * 1e6) progress(`  ${String((megabytesSaid += 10))} MB`);
        yield chunk;
      }
    };
    await pipeline(Readable.fromWeb(response.body), watched, createWriteStream(file));
    return hash.digest('hex');
  } catch (error) {
    // What failed is in the abort's reason or in fetch's cause; "fetch failed" alone helps nobody.
    const reason: unknown = abort.signal.reason ?? (error instanceof Error ? (error.cause ?? error) : error);
    throw new Error(`${url} can't be downloaded: ${reason instanceof Error ? reason.message : String(reason)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
