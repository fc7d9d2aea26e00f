import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeWithData, rows } from '../../test/support/recorded-data.js';
import { mmluPro1000 } from '../benchmarks/mmlu-pro.js';
import { clusteredMeanError, meanError } from './mean-error.js';
import { exactMcNemar, pairedDifference } from './paired-difference.js';
import { quantileOfT } from './quantile-of-t.js';
import { wilsonInterval } from './wilson-interval.js';

describe('intervals', () => {
  it.each([
    [0.975, 1, 12.7062047362],
    [0.975, 13, 2.1603686565],
    [0.975, 999, 1.9623414611],
    [0.95, 5, 2.0150483733],
    [0.025, 10, -2.2281388520],
  ])("Student's quantile of %f with %i degrees of freedom is %f", (probability, degrees, value) => {
    expect(quantileOfT(probability, degrees)).toBeCloseTo(value, 8);
  });

  it('stay within 0 and 1 and contain the share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (trials, share) => {
        const successes = Math.round(share * trials);
        const [low, high] = wilsonInterval(successes, trials) ?? [2, -1];
        return low >= 0 && high <= 1 && low <= successes / trials + 1e-12 && successes / trials <= high + 1e-12;
      }),
    );
    expect(wilsonInterval(0, 0)).toBeNull();
  });

  it('say nothing of spread for a single value', () => {
    expect(meanError([1])).toEqual({ mean: 1, standardError: null, interval: null });
    expect(clusteredMeanError([1, 0], ['a', 'a'])).toEqual({ mean: 0.5, standardError: null, interval: null });
  });

  it.each([[0, 0, 1], [5, 5, 1], [0, 10, 0.001953125], [1, 0, 1]])('McNemar of %i against %i is %f', (left, right, p) => {
    expect(exactMcNemar(left, right)).toBeCloseTo(p, 12);
  });
});

describeWithData('statistics of recorded answers, as the README of the data states them', () => {
  const scoresOf = (model: string): number[] => {
    const answers = rows<{ output: string }>(`mmlu_pro/outputs_1000_${model}.jsonl`);
    return rows<unknown>('mmlu_pro/questions_1000.jsonl').map((row, index) => {
      const item = mmluPro1000.read(row, index);
      return item === null ? 0 : mmluPro1000.score(item, { order: null, expected: item.target }, answers[index]?.output ?? '').score;
    });
  };

  it('errors and intervals of gemini-1.5-pro-002', () => {
    const scores = scoresOf('gemini-1.5-pro-002');
    const categories = rows<{ category: string }>('mmlu_pro/questions_1000.jsonl').map(({ category }) => category);
    const plain = meanError(scores);
    expect(plain.standardError).toBeCloseTo(0.014267, 7);
    expect(plain.interval?.map((end) => end.toFixed(5))).toEqual(['0.68800', '0.74400']);
    const clustered = clusteredMeanError(scores, categories);
    expect(clustered.standardError).toBeCloseTo(0.0337401, 7);
    expect(clustered.interval?.map((end) => end.toFixed(5))).toEqual(['0.64311', '0.78889']);
    expect(wilsonInterval(716, 1000)?.map((end) => end.toFixed(5))).toEqual(['0.68727', '0.74308']);
  });

  it('gemini-1.5-pro-002 against gemini-1.5-flash-002, paired', () => {
    const [pro, flash] = [scoresOf('gemini-1.5-pro-002'), scoresOf('gemini-1.5-flash-002')];
    const difference = pairedDifference(pro, flash);
    expect(difference).toMatchObject({ items: 1000, onlyFirst: 145, onlySecond: 55 });
    expect(difference.mean).toBeCloseTo(0.09, 12);
    expect(difference.standardError).toBeCloseTo(0.0138597, 7);
    expect(difference.p).toBeCloseTo(1.528e-10, 13);
    expect(Math.hypot(meanError(pro).standardError ?? 0, meanError(flash).standardError ?? 0)).toBeCloseTo(0.0209262, 7);
  });
});
