import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** The sha256 (hex) of a seed and what it is used for: equal inputs give equal output in any process. The last resort of every tie. */
export function seededHash(seed: number | string, ...parts: (string | number)[]): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify([seed, ...parts]))));
}

/** A generator of numbers in [0, 1) for one purpose (mulberry32 started from the seeded hash). Not for secrets. */
export function seededRandom(seed: number | string, purpose: string): () => number {
  let state = Number.parseInt(seededHash(seed, purpose).slice(0, 8), 16);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The items in a random order (Fisher–Yates); the argument stays as it is. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other] as T, result[last] as T]; // both indices are inside the array
  }
  return result;
}
