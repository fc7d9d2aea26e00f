import type { RunBenchmarkStatus } from './run-status.js';

export interface Reason {
  code: string;
  message: string;
}

/** What a benchmark's samples came to, when nothing more will be done for them. */
export interface SampleCounts {
  samples: number;
  done: number;
  errors: number;
}

/** How a benchmark ends. Single errors do not fail it; nothing answered at all does, and so does what stopped it (`failure`). */
export function endOfBenchmark(counts: SampleCounts, failure: Reason | null): { status: 'succeeded' | 'failed'; reason: Reason | null } {
  if (failure) return { status: 'failed', reason: failure };
  if (counts.done === 0 && counts.samples > 0) return { status: 'failed', reason: { code: 'no_answers', message: `None of ${counts.samples} samples could be answered; see their errors.` } };
  if (counts.samples === 0) return { status: 'failed', reason: { code: 'no_samples', message: 'The data set holds no sample.' } };
  if (counts.done + counts.errors < counts.samples) return { status: 'failed', reason: { code: 'incomplete', message: `${counts.samples - counts.done - counts.errors} of ${counts.samples} samples were never asked.` } };
  return { status: 'succeeded', reason: null };
}

/** How a run ends that was not canceled: it succeeded only if each of its benchmarks did; else the reason names those that did not. */
export function endOfRun(benchmarks: readonly { benchmark: string; status: RunBenchmarkStatus; reason: Reason | null }[]): { status: 'succeeded' | 'failed'; reason: Reason | null } {
  const others = benchmarks.filter(({ status }) => status !== 'succeeded');
  if (others.length === 0) return { status: 'succeeded', reason: null };
  const message = others.map(({ benchmark, status, reason }) => `${benchmark}: ${status.replace('_', ' ')}${reason === null ? '' : ` (${reason.message})`}`).join('; ');
  return { status: 'failed', reason: { code: others.some(({ status }) => status === 'failed') ? 'benchmark_failed' : (others[0]?.status ?? 'benchmark_failed'), message: `${others.length} of ${benchmarks.length} benchmarks did not succeed. ${message}` } };
}
