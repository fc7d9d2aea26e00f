/**
 * A generator of numbers in [0, 1): the same seed gives the same numbers in any process (mulberry32, public domain, by Tommy Ettinger).
 * @example
 * const random = seededRandom(7); random() === seededRandom(7)(); // true
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A seed of its own for a nested panel, from the plan's seed and the panel's place (FNV-1a over the path). */
export function derivedSeed(seed: number, path: string): number {
  if (path === '') return seed;
  let hash = 0x811c9dc5 ^ seed;
  for (const character of path) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}
