import { describe, expect, it } from '@jest/globals';
import { fastest } from '../../test/support/fastest.js';
import { byAnswer, equalAnswers } from './equal-answers.js';

describe('which candidates give the same answer', () => {
  it.each<[string, string[], number[]]>([
    ['results told differently', ['17 × 23 = **391**', 'The answer is 391.', 'Working it out gives 391.', '391', 'About 400.', '\\boxed{391}'], [0, 0, 0, 0, 1, 0]],
    ['the same words', ['Paris.', 'paris', 'The Paris!', 'Rome'], [0, 0, 0, 1]],
    ['JSON with other spaces and order', ['{"a": 1, "b": 2}', '```json\n{"b":2,"a":1}\n```', '{"a": 2}'], [0, 0, 1]],
    ['letters', ['The answer is (C).', 'Answer: C', 'The answer is (B).'], [0, 0, 1]],
    ['towns with one initial', ['The answer is Berlin.', 'The answer is Bern.'], [0, 1]],
    ['different sentences that share a number', ['Paris had 2 million people.', 'Rome had 2 million people.', 'In 1990 it rained.', 'It snowed in 1990.'], [0, 1, 2, 3]],
    ['nothing', [], []],
  ])('knows %s', (_, texts, answers) => {
    expect(equalAnswers(texts)).toEqual(answers);
  });

  it('takes ballots by answer, at its best place', () => {
    expect(byAnswer([[2, 0, 1], [1, 2], []], [0, 0, 1])).toEqual([[1, 0], [0, 1], []]);
  });

  it('takes linear time for 60,000 characters', () => {
    const texts = ['='.repeat(60_000), 'is '.repeat(20_000), `is ${'1,'.repeat(30_000)}`, `${'= 1'.repeat(20_000)}!`];
    expect(fastest(() => equalAnswers(texts))).toBeLessThan(400);
  });
});
