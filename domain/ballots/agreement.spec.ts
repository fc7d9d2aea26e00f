import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { kendallTau, kendallTauPairs } from '../statistics/kendall-tau.js';
import { leadPosterior } from '../statistics/lead-posterior.js';
import { winnerStability } from '../statistics/winner-stability.js';
import { answerRankingAgreement, approvalAgreement, rankingAgreement } from './agreement.js';

/** Everybody ranks the others in the common order 0, 1, 2, … */
const unanimous = (size: number) => Array.from({ length: size }, (_, own) => Array.from({ length: size }, (__, index) => index).filter((index) => index !== own));

describe('agreement', () => {
  it.each([3, 4, 5, 7])('is 1 for unanimity of %i voters on each other', (size) => {
    expect(rankingAgreement(unanimous(size), size)).toBe(1);
  });

  it('is 1 for unanimity and less for a split, complete or not, and 0 for opposites', () => {
    expect(rankingAgreement([[0, 1, 2], [0, 1, 2], [0, 1, 2]], 3)).toBe(1);
    expect(rankingAgreement([[0, 1, 2], [0, 1, 2], [0, 2, 1]], 3)).toBeLessThan(1);
    expect(rankingAgreement([[0, 1, 2], [2, 1, 0]], 3)).toBe(0);
    expect(rankingAgreement([[0, 1, 2], [0, 1]], 3)).toBe(1);
    expect(rankingAgreement([[0, 1, 2], [1, 0]], 3)).toBe(0);
  });

  it('averages about 0.28 for random ballots of five on each other', () => {
    const orders = fc.sample(fc.tuple(...unanimous(5).map((ballot) => fc.shuffledSubarray(ballot, { minLength: 4 }))), { numRuns: 2_000, seed: 1 });
    const mean = orders.reduce((sum, ballots) => sum + (rankingAgreement(ballots, 5) ?? 0), 0) / orders.length;
    expect(mean).toBeGreaterThan(0.25);
    expect(mean).toBeLessThan(0.31);
  });

  it('is in [0, 1] or unknown for any ballots, and unanimous only where it is 1', () => {
    fc.assert(
      fc.property(fc.array(fc.shuffledSubarray([0, 1, 2, 3]), { maxLength: 6 }), (ballots) => {
        const agreement = rankingAgreement(ballots, 4);
        expect(agreement === null || (agreement >= 0 && agreement <= 1)).toBe(true);
        if (agreement === 1) expect(kendallTauPairs(ballots).every((pair) => pair.tau === 1)).toBe(true);
      }),
    );
  });

  it('holds no order of equal answers for disagreement', () => {
    expect(answerRankingAgreement([[0, 1, 2], [2, 1, 0], [1, 0, 2]], [0, 0, 0])).toBe(1);
    expect(answerRankingAgreement([[0, 1, 2], [1, 0, 2], [1, 0, 2]], [0, 0, 1])).toBe(1);
    expect(answerRankingAgreement([[0, 1, 2], [2, 1, 0]], [0, 0, 1])).toBe(0);
    expect(answerRankingAgreement([[1, 2], [0, 2], [0, 1]], [0, 0, 1])).toBe(1);
    expect(answerRankingAgreement([[0, 1, 2], [0, 1, 2], [2, 1, 0]], [0, 0, 1])).toBeCloseTo(1 / 9);
    expect(answerRankingAgreement([[0], [0]], [0])).toBeNull();
  });

  it('is what it was where all answers differ, and stays 1 for unanimity whichever are equal', () => {
    const ballots = fc.array(fc.shuffledSubarray([0, 1, 2, 3]), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(ballots, fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }), (votes, answers) => {
        expect(answerRankingAgreement(votes, [0, 1, 2, 3])).toBe(rankingAgreement(votes, 4));
        const agreement = answerRankingAgreement(votes, [...answers.map((answer) => [...new Set(answers)].indexOf(answer))]);
        expect(agreement === null || (agreement >= 0 && agreement <= 1)).toBe(true);
        const unanimous = votes.map(() => [3, 1, 0, 2]);
        expect(answerRankingAgreement(unanimous, answers.map((answer) => [...new Set(answers)].indexOf(answer)))).toBe(1);
      }),
    );
  });

  it('counts equal verdicts of pairs in approvals', () => {
    const ballots = (rows: (boolean | undefined)[][]) => rows.map((accepted) => ({ accepted }));
    expect(approvalAgreement(ballots([[true, false], [true, false], [true, false]]), 2)).toBe(1);
    expect(approvalAgreement(ballots([[true], [true], [false], [false]]), 1)).toBeCloseTo(1 / 3);
    expect(approvalAgreement(ballots([[true]]), 1)).toBeNull();
  });
});

describe('statistics of a vote', () => {
  it('knows Kendall\'s τ', () => {
    expect(kendallTau([0, 1, 2], [0, 1, 2])).toBe(1);
    expect(kendallTau([0, 1, 2], [2, 1, 0])).toBe(-1);
    expect(kendallTau([0, 1, 2, 3], [1, 0, 2, 3])).toBeCloseTo(2 / 3);
    expect(kendallTau([0, 1], [1, 2])).toBeNull();
  });

  it('knows how likely a lead is real', () => {
    expect(leadPosterior(0, 0)).toBe(0.5);
    expect(leadPosterior(2, 0)).toBe(0.875);
    expect(leadPosterior(3, 0)).toBe(0.9375);
    expect(leadPosterior(3, 3)).toBe(0.5);
  });

  it('knows how firm a winner is', () => {
    const winnerOf = (ballots: readonly string[]) => (ballots.filter((ballot) => ballot === 'a').length * 2 >= ballots.length ? 0 : 1);
    const random = () => 0;
    expect(winnerStability({ ballots: ['a', 'a', 'a'], winner: 0, winnerOf, random, resamples: 3 })).toEqual({ bootstrap: 1, leaveOneOut: 1 });
    expect(winnerStability({ ballots: ['a', 'b', 'b'], winner: 1, winnerOf, random, resamples: 0 })).toEqual({ bootstrap: null, leaveOneOut: 1 / 3 });
    expect(winnerStability({ ballots: ['a'], winner: 0, winnerOf, random, resamples: 3 })).toEqual({ bootstrap: null, leaveOneOut: null });
  });
});
