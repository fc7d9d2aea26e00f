import { describe, expect, it } from '@jest/globals';
import { endOfBenchmark, endOfRun } from './judge-run.js';

describe('the end of a benchmark', () => {
  it.each([
    ['single errors', { samples: 10, done: 9, errors: 1 }, null, 'succeeded', undefined],
    ['nothing answered', { samples: 10, done: 0, errors: 10 }, null, 'failed', 'no_answers'],
    ['what stopped it', { samples: 10, done: 9, errors: 1 }, { code: 'auth', message: 'refused' }, 'failed', 'auth'],
    ['samples never asked', { samples: 10, done: 5, errors: 1 }, null, 'failed', 'incomplete'],
    ['no samples', { samples: 0, done: 0, errors: 0 }, null, 'failed', 'no_samples'],
  ] as const)('with %s', (_, counts, failure, status, code) => {
    const end = endOfBenchmark(counts, failure);
    expect([end.status, end.reason?.code]).toEqual([status, code]);
  });
});

describe('the end of a run', () => {
  it('succeeds only with each of its benchmarks, and names those that did not', () => {
    expect(endOfRun([{ benchmark: 'a', status: 'succeeded', reason: null }])).toEqual({ status: 'succeeded', reason: null });
    const end = endOfRun([
      { benchmark: 'a', status: 'succeeded', reason: null },
      { benchmark: 'b', status: 'needs_setup', reason: { code: 'needs_setup', message: 'Put the file there.' } },
      { benchmark: 'c', status: 'failed', reason: { code: 'auth', message: 'Refused.' } },
    ]);
    expect(end).toMatchObject({ status: 'failed', reason: { code: 'benchmark_failed', message: '2 of 3 benchmarks did not succeed. b: needs setup (Put the file there.); c: failed (Refused.)' } });
  });
});
