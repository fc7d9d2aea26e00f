import { randomInt } from 'node:crypto';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { isFree, isListening } from '../../src/supervisor/ports.js';

/** Below those that systems give to outgoing connections (Linux from 32768, others from 49152): one of them would hold the port of a server that is being started again. */
const from = 20_000;
const to = 32_000;
/** Whoever asked for a port listens on it, or has ended, after this long. */
const claimMs = 600_000;

/** A port of 127.0.0.1 that was free a moment ago, that only a server would take, and that no other spec of this machine is given: between the look and the listening another would find it free too. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(from, to);
    if (claim(port) && (await isFree(port)) && !(await isListening(port))) return port;
  }
}

function claim(port: number): boolean {
  const folder = join(tmpdir(), `conclave-test-ports-${String(userInfo().uid)}`);
  const file = join(folder, String(port));
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(file, '', { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const claimedAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    // For the next one who comes by.
    if (Date.now() - claimedAt > claimMs) rmSync(file, { force: true });
    return false;
  }
}
