import { randomInt } from 'node:crypto';
import { isFree, isListening } from '../../src/supervisor/ports.js';

/** Below those that systems give to outgoing connections (Linux from 32768, others from 49152): one of them would hold the port of a server that is being started again. */
const from = 20_000;
const to = 32_000;

/** Jest's workers choose at the same time, before any of them listens: each has a part of its own. The global setup, which is none, has the first. */
const parts = 12;
const worker = Number(process.env['JEST_WORKER_ID'] ?? 0) % parts;
/** Given away by this process, whether its server listens by now or not. */
const given = new Set<number>();

/** A port of 127.0.0.1 that was free a moment ago, and that only a server would take. */
export async function freePort(): Promise<number> {
  const size = (to - from) / parts;
  for (;;) {
    const port = from + worker * size + randomInt(size);
    if (given.has(port)) continue;
    given.add(port);
    if ((await isFree(port)) && !(await isListening(port))) return port;
  }
}
