import { randomInt } from 'node:crypto';
import { isFree, isListening } from '../../src/supervisor/ports.js';

/** Below those that systems give to outgoing connections (Linux from 32768, others from 49152): one of them would hold the port of a server that is being started again. */
const from = 20_000;
const to = 32_000;

/** A port of 127.0.0.1 that was free a moment ago, and that only a server would take. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(from, to);
    if ((await isFree(port)) && !(await isListening(port))) return port;
  }
}
