import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { labelAt, positionOf, relabel } from './labels.js';
import { orderCandidates } from './order-candidates.js';

const nobody = (reviewers: number) => Array.from({ length: reviewers }, () => ({ own: null }));

describe('orders of candidates', () => {
  it('puts every candidate in every place equally often', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(), (size, seed) => {
        for (const reviewers of [nobody(size), size > 1 ? nobody(size).map((_, own) => ({ own })) : nobody(1)]) {
          const orders = orderCandidates({ seed, candidates: size, reviewers, order: 'latin' });
          const places = orders[0]?.length ?? 0;
          for (let place = 0; place < places; place += 1) expect(new Set(orders.map((order) => order[place])).size).toBe(size);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('leaves out the own answer and nothing else', () => {
    const orders = orderCandidates({ seed: 3, candidates: 4, reviewers: [{ own: 2 }, { own: null }], order: 'latin' });
    expect([...(orders[0] ?? [])].sort()).toEqual([0, 1, 3]);
    expect([...(orders[1] ?? [])].sort()).toEqual([0, 1, 2, 3]);
    expect(orderCandidates({ seed: 3, candidates: 3, reviewers: [{ own: 1 }], order: 'fixed' })).toEqual([[0, 2]]);
  });

  it('draws the same orders for the same seed', () => {
    const draw = (seed: number) => orderCandidates({ seed, candidates: 5, reviewers: nobody(5), order: 'latin' });
    expect(draw(4)).toEqual(draw(4));
    expect(draw(4)).not.toEqual(draw(5));
  });
});

describe('labels', () => {
  it('reads what it writes, and nothing else', () => {
    for (let position = 0; position < 40; position += 1) expect(positionOf(labelAt(position), 40)).toBe(position);
    for (const other of ['Assistant 41', 'Assistant 0', 'Assistant -1', 'Assistant 1.0', 'Assistant', '1', 1, null, undefined, 'Assistant 1 and 2']) expect(positionOf(other, 40)).toBeNull();
  });

  it('keeps the meaning of labels in prose', () => {
    expect(relabel('Assistant 1 beats assistant 2, unlike Assistant 12.', [1, 0])).toBe('Assistant 2 beats Assistant 1, unlike another answer.');
  });
});
