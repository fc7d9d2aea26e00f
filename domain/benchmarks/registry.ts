import type { Benchmark } from './benchmark.js';
import { conclaveMini } from './conclave-mini.js';
import { gsm8k } from './gsm8k.js';
import { math } from './math.js';
import { mmluPro, mmluPro1000 } from './mmlu-pro.js';
import { mmluStem } from './mmlu-stem.js';
import { mmlu } from './mmlu.js';
import { svamp } from './svamp.js';

/** Every benchmark there is, in the order lists show them; a new one is one file and one line. */
export const benchmarks: readonly Benchmark[] = [conclaveMini, gsm8k, svamp, math, mmlu, mmluStem, mmluPro, mmluPro1000];

/** The benchmark of that name; null: there is none. */
export function findBenchmark(name: string): Benchmark | null {
  return benchmarks.find((benchmark) => benchmark.name === name) ?? null;
}
