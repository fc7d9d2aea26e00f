import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** Name of the way subsets are drawn; part of every result. */
export const samplingAlgorithm = 'sha256-rank-v1';

/** sha256 (hex) of `<seed>:<id>`: where an item stands among the others of its benchmark. */
export function rankOf(seed: string, id: string): string {
  return bytesToHex(sha256(utf8ToBytes(`${seed}:${id}`)));
}

/**
 * The part of a data set a run takes: items ordered by `rankOf`, the first `count`, or `percent` of them (at least one), or all. With one seed a smaller subset is contained in a larger one, whatever
 * the order in which the items came.
 */
export function takeSubset<Item extends { id: string }>(items: readonly Item[], subset: { seed: string; percent: number | null; count: number | null }): Item[] {
  const size = subset.count ?? (subset.percent === null ? items.length : Math.max(1, Math.floor((items.length * subset.percent) / 100)));
  return items
    .map((item) => ({ item, rank: rankOf(subset.seed, item.id) }))
    .sort((left, right) => (left.rank < right.rank ? -1 : left.rank > right.rank ? 1 : 0))
    .slice(0, size)
    .map(({ item }) => item);
}

/** An order of `count` choices, a pure function of seed and item: `order[i]` is the source's index of the i-th shown. */
export function choiceOrder(seed: string, id: string, count: number): number[] {
  return Array.from({ length: count }, (_, index) => ({ index, rank: rankOf(seed, `${id}:choice:${String(index)}`) }))
    .sort((left, right) => (left.rank < right.rank ? -1 : 1))
    .map(({ index }) => index);
}
