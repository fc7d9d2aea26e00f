import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '../../test/support/sample-run.js';
import { runBody, type BenchmarkTimes } from './run-response.js';
import type { RunRow } from './runs.store.js';

const now = Date.parse('2026-11-21T12:00:00Z');
const before = (seconds: number): Date => new Date(now - 1_000 * seconds);

function told(times: Partial<BenchmarkTimes>, status = 'running') {
  const { run, benchmarks } = sampleRun();
  const [benchmark] = benchmarks;
  if (!benchmark) throw new Error('no benchmark');
  const summary = { ...benchmark.summary, samples: 200, done: 100, errors: 0 };
  const row = { ...run, status: 'running', plan: { strategy: 'single', panel: null }, createdAt: before(9), startedAt: null, finishedAt: null, costCapNanoUsd: null, benchmarks: [] } as never as RunRow;
  const [body] = runBody(row, { run, benchmarks: [{ ...benchmark, status, summary }] }, new Map([[benchmark.name, { startedAt: before(36_000), finishedAt: null, batchId: null, lately: [], ...times }]]), now).benchmarks;
  return [body?.rate_per_second, body?.eta_seconds];
}

describe('the pace of a benchmark', () => {
  it('is that of the last minutes, so that a pause over night is not in it', () => {
    expect(told({ lately: [{ samples: 20, since: before(10) }, { samples: 30, since: before(1_700) }] })).toEqual([2, 50]);
  });

  it('is looked at longer where little ends, and over all its time before anything tells more', () => {
    expect(told({ lately: [{ samples: 2, since: before(100) }, { samples: 10, since: before(1_000) }] })).toEqual([0.01, 10_000]);
    expect(told({ startedAt: before(100), lately: [{ samples: 2, since: before(1) }] })).toEqual([1, 100]);
    expect(told({ startedAt: null })).toEqual([null, null]);
  });

  it('is that of all its time when it is over', () => {
    expect(told({ startedAt: before(110), finishedAt: before(10), lately: [{ samples: 50, since: before(11) }] }, 'succeeded')).toEqual([1, null]);
  });
});
