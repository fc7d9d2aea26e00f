import type { Benchmark, BenchmarkDifference } from './benchmark.js';

/** How a benchmark was asked and scored when it was run. It is stored with the run: code of a later version, or of the Conclave that imports the run, may say otherwise of its own. */
export interface BenchmarkProcedure {
  display_name: string;
  badge: 'official' | 'simplified';
  differences: readonly BenchmarkDifference[];
  metric: string;
}

/** The procedure of a benchmark as it is now. */
export function procedureOf({ displayName, badge, differences, metric }: Benchmark): BenchmarkProcedure {
  return { display_name: displayName, badge, differences, metric };
}
