import { describe, expect, it } from '@jest/globals';
import { describeWithData, rows, readJson } from '../../test/support/recorded-data.js';
import { boxedAnswer } from './boxed-answer.js';
import { equalAsFormulas } from './equal-as-formulas.js';
import { equalAsStrings } from './equal-as-strings.js';
import { mathAnswer } from './math-answer.js';

describeWithData('MATH over published cases', () => {
  it.each(rows<{ a: string; b: string; equal: boolean }>('math/equiv_hendrycks_cases.jsonl'))('Hendrycks: $a and $b are equal: $equal', ({ a, b, equal }) => {
    expect(equalAsStrings(a, b)).toBe(equal);
  });

  it.each(readJson('math/equiv_inspect_cases.json') as { output: string; target: string; expected: 'C' | 'I' }[])('symbolic: $output against $target is $expected', ({ output, target, expected }) => {
    expect(equalAsFormulas(mathAnswer(output) ?? '', target)).toBe(expected === 'C');
  });

  it('finds each of the 500 reference results equal to itself, by both rules', () => {
    const results = rows<{ solution: string }>('math/test_500.jsonl').map(({ solution }) => boxedAnswer(solution));
    expect(results).toHaveLength(500);
    expect(results.filter((result) => result === null || !equalAsStrings(result, result) || !equalAsFormulas(result, result))).toEqual([]);
  });
});

describe('the result of a solution', () => {
  it.each([
    [String.raw`so \boxed{\frac{1}{2}}.`, String.raw`\frac{1}{2}`],
    [String.raw`first \boxed{1}, then \boxed{1,234}`, '1,234'],
    [String.raw`\fbox{7}`, '7'],
    [String.raw`$\boxed 5$ it is`, '5'],
    [String.raw`\boxed{\frac{1}{2}`, null],
    ['nothing', null],
  ])('of %s is %s', (text, result) => {
    expect(boxedAnswer(text)).toBe(result);
  });

  it.each([
    ['-3', '3', false],
    ['1,234', '1234', true],
    [String.raw`\frac{1}{2}`, '0.5', true],
    [String.raw`2^{2^{2^{49}}}`, '5', false],
    ['(1,2)', '[1,2]', false],
    ['(1,2)', '(2,1)', false],
    ['x+1', '1+x', true],
    ['x^2-1', '(x-1)(x+1)', true],
    ['process.exit()', '1', false],
    ['', '0', false],
  ])('%s against %s: equal is %s', (left, right, equal) => {
    expect(equalAsFormulas(left, right)).toBe(equal);
  });

  it.each(['\\boxed{', '{', '$', '(', '\\frac', '9', ',', 'answer is ', '^{2', '\\text{ '])('takes less than 50 ms over 60,000 characters of %s', (piece) => {
    const hostile = piece.repeat(Math.ceil(60_000 / piece.length));
    const startedAt = performance.now();
    equalAsFormulas(mathAnswer(hostile) ?? '', '1');
    equalAsStrings(hostile, boxedAnswer(hostile));
    expect(performance.now() - startedAt).toBeLessThan(50);
  });
});
