import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { votingRuleNames } from './voting-rules.js';
import { parseRankingBallot } from './parse-ballot.js';
import { rankCandidates } from './rank-candidates.js';
import { kemenyScores } from './rank-kemeny.js';
import { bordaScores } from './rank-borda.js';
import { schulzeScores } from './rank-schulze.js';
import { copelandScores } from './rank-copeland.js';
import { countApprovals } from './count-approvals.js';
import { countedRanking } from './self-vote.js';
import { seededRandom } from './seeded-random.js';
import { pairwiseWins } from './pairwise-wins.js';

const keysOf = (candidates: number) => Array.from({ length: candidates }, (_, index) => `propose/0/${index}/0`);

/** Ballots over up to six candidates, each over some of them, in any order. */
const election = fc.integer({ min: 1, max: 6 }).chain((candidates) =>
  fc.record({
    candidates: fc.constant(candidates),
    ballots: fc.array(fc.shuffledSubarray(Array.from({ length: candidates }, (_, index) => index)), { maxLength: 7 }),
    rule: fc.constantFrom(...votingRuleNames),
    seed: fc.nat(),
  }),
);

describe('ranking candidates', () => {
  it('keeps scores in [0, 1] and ranks everybody once', () => {
    fc.assert(
      fc.property(election, ({ candidates, ballots, rule, seed }) => {
        const { ranking, scores } = rankCandidates({ rule, ballots, keys: keysOf(candidates), seed });
        expect([...ranking].sort((a, b) => a - b)).toEqual(keysOf(candidates).map((_, index) => index));
        expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('does not care in which order voters came', () => {
    fc.assert(
      fc.property(election, fc.nat(), ({ candidates, ballots, rule, seed }, other) => {
        const mixed = [...ballots].sort((a, b) => ((a.join().length * 31 + other) % 7) - ((b.join().length * 31 + other) % 7)).reverse();
        expect(rankCandidates({ rule, ballots: mixed, keys: keysOf(candidates), seed })).toEqual(rankCandidates({ rule, ballots, keys: keysOf(candidates), seed }));
      }),
      { numRuns: 300 },
    );
  });

  it('does not care in which order candidates stand: the same one wins under any numbering', () => {
    fc.assert(
      fc.property(election, fc.nat(), ({ candidates, ballots, rule, seed }, shift) => {
        const keys = keysOf(candidates);
        const moved = (index: number) => (index + shift) % candidates;
        const movedKeys = keys.map((_, index) => keys[(index - (shift % candidates) + candidates) % candidates] ?? '');
        const winner = rankCandidates({ rule, ballots, keys, seed }).ranking[0] ?? 0;
        const movedWinner = rankCandidates({ rule, ballots: ballots.map((ballot) => ballot.map(moved)), keys: movedKeys, seed }).ranking[0] ?? 0;
        expect(movedKeys[movedWinner]).toBe(keys[winner]);
      }),
      { numRuns: 300 },
    );
  });

  it('lets a unanimous favourite win under every rule', () => {
    for (const rule of votingRuleNames) {
      expect(rankCandidates({ rule, ballots: [[2, 0, 1], [2, 1, 0], [2, 0, 1]], keys: keysOf(3), seed: 1 }).ranking).toEqual([2, 0, 1]);
    }
  });

  it('breaks a plain tie by seed, the same in any process', () => {
    const tie = (seed: number) => rankCandidates({ rule: 'borda', ballots: [[0, 1], [1, 0]], keys: keysOf(2), seed }).ranking[0];
    expect(Array.from({ length: 8 }, (_, seed) => tie(seed))).toEqual(Array.from({ length: 8 }, (_, seed) => tie(seed)));
    expect(new Set(Array.from({ length: 16 }, (_, seed) => tie(seed))).size).toBe(2);
  });

  it('breaks a tie by Copeland before anything else', () => {
    const ballots = [[2, 1, 3, 0], [0, 1, 2, 3], [0, 1, 2, 3]];
    const [first, second] = bordaScores(ballots, 4);
    expect(first).toBeCloseTo(second ?? 0);
    expect(copelandScores(ballots, 4).slice(0, 2)).toEqual([1, 2 / 3]);
    for (let seed = 0; seed < 10; seed += 1) expect(rankCandidates({ rule: 'borda', ballots, keys: keysOf(4), seed }).ranking[0]).toBe(0);
  });

  it('finds Wikipedia\'s Schulze example: E wins over A, C, B, D', () => {
    const groups: [number, string][] = [[5, 'ACBED'], [5, 'ADECB'], [8, 'BEDAC'], [3, 'CABED'], [7, 'CAEBD'], [2, 'CBADE'], [7, 'DCEBA'], [8, 'EBADC']];
    const ballots = groups.flatMap(([count, order]) => Array.from({ length: count }, () => Array.from(order, (letter) => 'ABCDE'.indexOf(letter))));
    const scores = schulzeScores(ballots, 5);
    expect([4, 0, 2, 1, 3].map((candidate) => scores[candidate])).toEqual([1, 0.75, 0.5, 0.25, 0]);
  });

  it('finds the Kemeny order exactly, as trying all orders does', () => {
    fc.assert(
      fc.property(fc.array(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), { minLength: 1, maxLength: 5 }), (ballots) => {
        const wins = pairwiseWins(ballots, 5);
        const cost = (order: number[]) => order.reduce((sum, better, place) => sum + order.slice(place + 1).reduce((part, worse) => part + (wins[worse]?.[better] ?? 0), 0), 0);
        const orders = permutations([0, 1, 2, 3, 4]);
        const least = Math.min(...orders.map(cost));
        const best = orders.filter((order) => cost(order) === least);
        const expected = [0, 1, 2, 3, 4].map((candidate) => 1 - Math.min(...best.map((order) => order.indexOf(candidate))) / 4);
        expect(kemenyScores(ballots, 5)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('takes 10⁵ fuzzed ballots without an exception, scores in [0, 1]', () => {
    const random = seededRandom(1, 'fuzz');
    const pieces = ['{"ranking": [', '"Assistant 1"', '"Assistant 2"', '"Assistant 3"', '"Assistant 9"', ',', ']}', '{', '}', '"', '```json\n', 'I cannot evaluate', '\\', 'null', '[', '1e9', '\u0000'];
    const counted: number[][] = [];
    for (let round = 0; round < 100_000; round += 1) {
      const isWhole = random() < 0.1;
      const length = Math.floor(random() * 12);
      const reply = isWhole
        ? `{"ranking": ["Assistant ${1 + Math.floor(random() * 3)}", "Assistant ${1 + Math.floor(random() * 3)}", "Assistant ${1 + Math.floor(random() * 3)}"]}`
        : Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join('');
      const parsed = parseRankingBallot(reply, 3);
      if (parsed.ok) counted.push(parsed.ballot.ranking);
      if (parsed.ok && new Set(parsed.ballot.ranking).size !== 3) throw new Error(`accepted ${reply}`);
    }
    expect(counted.length).toBeGreaterThan(1_000);
    for (const rule of votingRuleNames) {
      const { scores } = rankCandidates({ rule, ballots: counted, keys: keysOf(3), seed: 1 });
      expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
    }
  });

  it.each([3, 4, 5])('leaves a self-favouring member of %i within two points of its fair share', (members) => {
    const random = seededRandom(members, 'self-favour');
    const gumbel = () => -Math.log(-Math.log(random() || 1e-9));
    const rounds = 6_000;
    let won = 0;
    for (let round = 0; round < rounds; round += 1) {
      const quality = Array.from({ length: members }, () => gumbel());
      const ballots = quality.map((_, voter) => {
        const seen = quality.map((value, candidate) => value + gumbel() + (voter === 0 && candidate === 0 ? 3 : 0));
        const ranking = seen.map((__, candidate) => candidate).sort((left, right) => (seen[right] ?? 0) - (seen[left] ?? 0));
        return countedRanking({ ranking, own: voter, selfVote: 'exclude' });
      });
      if (rankCandidates({ rule: 'borda', ballots, keys: keysOf(members).map((key) => `${key}/${round}`), seed: 1 }).ranking[0] === 0) won += 1;
    }
    expect(Math.abs(won / rounds - 1 / members)).toBeLessThan(0.02);
  });
});

describe('counting approvals', () => {
  it('ranks by acceptance, then preference, then seed', () => {
    const ballots = [
      { accepted: [true, true, false], preferred: 1 },
      { accepted: [true, true, false], preferred: 1 },
      { accepted: [false, false, true], preferred: 2 },
    ];
    expect(countApprovals({ ballots, keys: keysOf(3), seed: 1 })).toMatchObject({ accepted: [2, 2, 1], preferred: [0, 2, 1], ranking: [1, 0, 2] });
  });

  it('does not punish a candidate for verdicts that were not to count', () => {
    const ballots = [{ accepted: [undefined, true], preferred: 1 }, { accepted: [true, undefined], preferred: 0 }, { accepted: [true, false], preferred: 0 }];
    expect(countApprovals({ ballots, keys: keysOf(2), seed: 1 }).shares).toEqual([1, 0.5]);
  });
});

function permutations(items: number[]): number[][] {
  return items.length <= 1 ? [items] : items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}
