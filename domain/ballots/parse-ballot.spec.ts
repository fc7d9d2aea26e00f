import { describe, expect, it } from '@jest/globals';
import { fastest } from '../../test/support/fastest.js';
import { extractJson } from './extract-json.js';
import { parseAnalysis } from './parse-analysis.js';
import { parseApprovalBallot, parseRankingBallot, parseReviewBallot } from './parse-ballot.js';

const ranking = (labels: unknown) => JSON.stringify({ ranking: labels });

describe('reading ballots', () => {
  it('reads bare JSON, JSON in a fence, and JSON with prose around it', () => {
    const json = '{"ranking": ["Assistant 2", "Assistant 1"], "reason": "It says {so} and \\"so\\"."}';
    const expected = { ok: true, ballot: { ranking: [1, 0], reason: 'It says {so} and "so".' } };
    for (const reply of [json, `\`\`\`json\n${json}\n\`\`\``, `My view {in short}:\n${json}\nThat is all.`, `<think>{"ranking": []}</think>${json}`, `${json}\n${json}`]) {
      expect(parseRankingBallot(reply, 2)).toEqual(expected);
    }
  });

  it.each([
    ['I would put Assistant 1 first.', "no JSON object with 'ranking' in the reply"],
    [ranking('Assistant 1'), "'ranking' is not a list"],
    [ranking(['Assistant 1']), '1 of 2 answers are ranked'],
    [ranking(['Assistant 1', 'Assistant 1']), 'Assistant 1 is ranked twice'],
    [ranking(['Assistant 1', 'Assistant 3']), "unknown label 'Assistant 3'"],
    [ranking(['Assistant 1', 'Assistant 0']), "unknown label 'Assistant 0'"],
    [ranking(['Assistant 1', 'Assistant 01']), "unknown label 'Assistant 01'"],
    [ranking(['Assistant 1', 2]), 'unknown label of type number'],
    [ranking(['A', 'B']), "unknown label 'A'"],
    [ranking(['Assistant 1', 'Assistant 2', 'Assistant 1']), '3 labels for 2 answers'],
    [`${ranking(['Assistant 1', 'Assistant 2'])} or ${ranking(['Assistant 2', 'Assistant 1'])}`, "more than one JSON object with 'ranking' in the reply"],
    ['{"ranking": ["Assistant 1", "Assistant 2"]', "no JSON object with 'ranking' in the reply"],
    ['{"__proto__": {"ranking": []}}', "no JSON object with 'ranking' in the reply"],
  ])('rejects %s', (reply, reason) => {
    expect(parseRankingBallot(reply, 2)).toEqual({ ok: false, reason });
  });

  it('has labels beyond 26', () => {
    const labels = Array.from({ length: 30 }, (_, index) => `Assistant ${30 - index}`);
    expect(parseRankingBallot(ranking(labels), 30)).toMatchObject({ ok: true, ballot: { ranking: Array.from({ length: 30 }, (_, index) => 29 - index) } });
  });

  it('is not thrown off by a quotation of "I cannot evaluate"', () => {
    const reply = JSON.stringify({ critiques: [{ answer: 'Assistant 1', strengths: 'none', weaknesses: 'says "I cannot evaluate this"' }], ranking: ['Assistant 2', 'Assistant 1'] });
    expect(parseReviewBallot(reply, 2)).toMatchObject({ ok: true, ballot: { ranking: [1, 0] } });
  });

  it('accepts a review without critiques, not one with a critique of nobody', () => {
    expect(parseReviewBallot(ranking(['Assistant 1']), 1)).toEqual({ ok: true, ballot: { ranking: [0], critiques: [] } });
    const reply = JSON.stringify({ critiques: [{ answer: 'Assistant 7' }], ranking: ['Assistant 1'] });
    expect(parseReviewBallot(reply, 1)).toEqual({ ok: false, reason: "critique of unknown label 'Assistant 7'" });
  });

  it('reads approvals and rejects what is missing, double or unknown', () => {
    const vote = (answer: string, verdict: string) => ({ answer, verdict });
    const reply = (votes: unknown, preferred: unknown) => JSON.stringify({ votes, preferred });
    const both = [vote('Assistant 1', 'ACCEPTED'), vote('assistant 2', 'rejected')];
    expect(parseApprovalBallot(reply(both, 'Assistant 1'), 2)).toEqual({ ok: true, ballot: { accepted: [true, false], preferred: 0 } });
    expect(parseApprovalBallot(reply(both.slice(1), 'Assistant 2'), 2)).toMatchObject({ reason: 'no verdict for Assistant 1' });
    expect(parseApprovalBallot(reply([...both, both[0]], 'Assistant 2'), 2)).toMatchObject({ reason: 'two verdicts for Assistant 1' });
    expect(parseApprovalBallot(reply([vote('Assistant 1', 'MAYBE')], 'Assistant 1'), 1)).toMatchObject({ reason: "unknown verdict 'MAYBE'" });
    expect(parseApprovalBallot(reply(both, null), 2)).toMatchObject({ ok: false });
    expect(parseApprovalBallot(reply([vote('Assistant 1', 'REJECTED')], null), 1)).toEqual({ ok: true, ballot: { accepted: [false], preferred: null } });
  });

  it('reads an analysis, whose missing sections are empty', () => {
    expect(parseAnalysis('{"consensus": ["a"], "blind_spots": ["b"]}')).toBe('Sound and shared:\n- a\nMissed by all:\n- b');
    expect(parseAnalysis('{"consensus": [1]}')).toBeNull();
  });

  it.each([
    ['opening braces', '{'.repeat(60_000)],
    ['nested objects', '{"ranking":'.repeat(6_000)],
    ['deep lists', `{"ranking":${'['.repeat(29_000)}${']'.repeat(29_000)}}`],
    ['small objects', '{}'.repeat(30_000)],
    ['quotes', '{"'.repeat(30_000)],
    ['backslashes', `{"${'\\'.repeat(59_000)}`],
    ['fences', '```json\n'.repeat(7_500)],
    ['thinking', '</think>{"ranking"'.repeat(3_300)],
  ])('takes no longer than its length for 60,000 characters of %s', (_, reply) => {
    const parse = () => {
      expect(extractJson(reply, 'ranking')).toBeDefined();
      expect(parseRankingBallot(reply, 3).ok).toBe(false);
      expect(parseApprovalBallot(reply, 3).ok).toBe(false);
      expect(parseReviewBallot(reply, 3).ok).toBe(false);
    };
    expect(fastest(parse)).toBeLessThan(400);
  });
});
