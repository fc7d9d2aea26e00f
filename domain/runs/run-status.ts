/** States of a run; the last three are final, and `canceled` stays so. */
export const runStatuses = ['queued', 'running', 'paused', 'succeeded', 'failed', 'canceled'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** States of a benchmark in a run. `needs_setup`: its data could not be had; `skipped`: the run ended before it began. */
export const runBenchmarkStatuses = ['pending', 'running', 'succeeded', 'failed', 'skipped', 'needs_setup'] as const;
export type RunBenchmarkStatus = (typeof runBenchmarkStatuses)[number];

/** What became of a sample. `error`: no answer could be had, which is not a wrong answer; `retry-errors` takes it up again. */
export const sampleStatuses = ['pending', 'done', 'error', 'canceled'] as const;
export type SampleStatus = (typeof sampleStatuses)[number];

export function isFinalRun(status: RunStatus): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'canceled';
}
