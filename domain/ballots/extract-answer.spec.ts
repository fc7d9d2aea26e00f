import { describe, expect, it } from '@jest/globals';
import { fastest } from '../../test/support/fastest.js';
import { extractAnswers, extractChoice, extractNumber } from './extract-answer.js';

describe('extracting short answers', () => {
  it.each([
    ['numbers', ['So she earns $1,234.50', 'A: 12', '#### 12', '\\boxed{12}', 'the answer is 12.00, I am sure'], ['1234.50', '12', '12', '12', '12']],
    ['choices', ['The answer is (C).', 'I think... Answer: B', '**D**', 'C'], ['C', 'B', 'D', 'C']],
    ['boxed terms', ['so \\boxed{\\frac{1}{2}}', 'thus \\boxed{ \\frac{1}{2} }.', '\\boxed{x}'], ['\\frac 1 2', '\\frac 1 2', 'x']],
    ['JSON', ['{"b": 1, "a": [2]}', '```json\n{"a":[2],"b":1}\n```', 'no JSON'], ['{"a":[2],"b":1}', '{"a":[2],"b":1}', null]],
    ['texts', ['Answer: Yes.', 'the answer is yes', 'Yes!'], ['yes', 'yes', 'yes']],
    ['words', ['Paris.', 'paris', 'The Paris'], ['paris', 'paris', 'paris']],
    ['stated numbers', ['The answer is 7 apples in 2 days.', 'A: 3 + 4 = 7'], ['7', '7']],
    ['negative numbers', ['A: -3', 'it is -3'], ['-3', '-3']],
  ])('reads %s', (_, texts, expected) => {
    expect(extractAnswers(texts)).toEqual(expected);
  });

  it('reads an unmarked text as what the others are', () => {
    expect(extractAnswers(['The answer is (C).', 'The answer is (C).', 'Well, I would say C'])).toEqual(['C', 'C', 'C']);
    expect(extractAnswers(['A: 7', 'A: 7', 'I get 7'])).toEqual(['7', '7', '7']);
  });

  it('is not led astray by "the answer is a bit unclear"', () => {
    expect(extractChoice('The answer is a bit unclear but C')).toBe('C');
    expect(extractNumber('no number')).toBeNull();
  });

  it('takes no word for a letter', () => {
    expect(extractAnswers(['The answer is Berlin.', 'The answer is Bern.', 'Answer: Édouard', 'Answer: Bern'])).toEqual(['berlin', 'bern', 'édouard', 'bern']);
  });

  it.each([
    ['answer: ', 'answer: '.repeat(7_500)],
    ['spaces after a mark', `answer is${' '.repeat(59_000)}\n`],
    ['marks and spaces', 'A: \t '.repeat(12_000)],
    ['boxes', '\\boxed{'.repeat(8_500)],
    ['digits and commas', '1,'.repeat(30_000)],
    ['minus signs', '-$'.repeat(30_000)],
    ['letters', 'A '.repeat(30_000)],
    ['newlines', `answer:${'\n'.repeat(59_000)}`],
    ['fence', `\`\`\`${'\n'.repeat(59_000)}`],
  ])('takes linear time for 60,000 characters of %s', (_, text) => {
    expect(fastest(() => [extractAnswers([text, text]), extractChoice(text)])).toBeLessThan(400);
  });

  it('is not held up by accents piled on a letter', () => {
    const texts = [`Answer: Cafe${'\u0301\u0316'.repeat(30_000)}`, 'Answer: Cafe\u0301'];
    expect(fastest(() => extractAnswers(texts))).toBeLessThan(400);
    const [first, second] = extractAnswers(texts);
    expect([first?.startsWith('caf'), second]).toEqual([true, 'café']);
  });
});
