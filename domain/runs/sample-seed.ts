import { seededHash } from '../ballots/seeded-random.js';

/** The seed under which a sample's strategy orders, labels and breaks ties: equal in every run with the same subset seed, so that runs can be compared sample by sample. Below 2³¹. */
export function sampleSeed(runSeed: string, sample: { benchmark: string; itemId: string; epoch: number }): number {
  return Number.parseInt(seededHash(runSeed, 'sample', sample.benchmark, sample.itemId, sample.epoch).slice(0, 8), 16) & 0x7fffffff;
}
