import { describe, expect, it } from '@jest/globals';
import { completedRecord } from '../../test/fixtures/completed-record.js';
import type { Candidate, Decision } from '../../domain/chat/decision.js';
import { trioDetails } from './trio-details.js';

const candidate = (label: string, text: string, rank: number, votes: Partial<Candidate> = {}): Candidate => ({ label, key: `propose/0/${String(rank)}/0`, text, rank, eligible: true, ...votes });
const decision = (candidates: Candidate[], rest: Partial<Decision> = {}) => completedRecord({}, { candidates, ...rest }).decision;

interface Details {
  winner_index: number;
  truncated?: boolean;
  candidates: { model: string; response: string; accepted: number; preferred: number; truncated?: boolean }[];
}
const parsed = (header: string | null) => JSON.parse(header ?? 'null') as Details;

describe('trioDetails', () => {
  it('names the winner and the votes of each candidate', () => {
    const header = trioDetails(decision([candidate('trio/default', 'a', 1, { accepted: 2, preferred: 1 }), candidate('openai/x', 'b', 0, { accepted: 3, preferred: 2 })]));
    expect(parsed(header)).toEqual({
      winner_index: 1,
      candidates: [
        { model: 'default', response: 'a', accepted: 2, preferred: 1 },
        { model: 'openai/x', response: 'b', accepted: 3, preferred: 2 },
      ],
    });
  });

  it('counts first places as preferences where reviewers rank', () => {
    const ballots = [{ reviewer: 'r', key: 'k', order: [0, 1], ranking: [1, 0] }];
    expect(parsed(trioDetails(decision([candidate('a', 'x', 1), candidate('b', 'y', 0)], { ballots }))).candidates.map(({ preferred }) => preferred)).toEqual([0, 1]);
  });

  it('is ASCII whatever the answers say', () => {
    const text = 'Zażółć 🦊 \u007f\n\u2028';
    const header = trioDetails(decision([candidate('a', text, 0)]));
    expect(header).toMatch(/^[\x20-\x7e]*$/);
    expect(parsed(header).candidates[0]?.response).toBe(text);
  });

  it.each([1, 3, 8, 16])('keeps %s long candidates below 6 KiB, and says that it cut', (count) => {
    const header = trioDetails(decision(Array.from({ length: count }, (_, index) => candidate(`provider/model-${String(index)}`, '🦊"\\ä'.repeat(4_000), index))));
    expect(header?.length).toBeLessThanOrEqual(6 * 1024);
    const details = parsed(header);
    expect(details.truncated).toBe(true);
    for (const each of details.candidates) {
      expect(each.truncated).toBe(true);
      expect(each.response.isWellFormed()).toBe(true);
    }
  });

  it('leaves short answers whole beside a long one', () => {
    const details = parsed(trioDetails(decision([candidate('a', 'short', 0), candidate('b', 'x'.repeat(9_000), 1)])));
    expect(details.candidates[0]).toEqual({ model: 'a', response: 'short', accepted: 0, preferred: 0 });
    expect(details.candidates[1]?.response.length).toBeGreaterThan(5_000);
  });

  it('is nothing where nobody competed', () => {
    expect(trioDetails(decision([]))).toBeNull();
  });
});
