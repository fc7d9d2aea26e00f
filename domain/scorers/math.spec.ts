import { describe, expect, it } from '@jest/globals';
import { describeWithData, rows, readJson } from '../../test/support/recorded-data.js';
import { fastest } from '../../test/support/fastest.js';
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

describe("Hendrycks' rule", () => {
  it.each([
    [String.raw`\frac12`, String.raw`\frac{1}{2}`, true],
    [String.raw`\dfrac1{72}`, String.raw`\frac{1}{72}`, true],
    ['0.5', String.raw`\frac{1}{2}`, true],
    ['.5', '1/2', true],
    ['x=5', '5', true],
    ['abc=5', '5', false],
    [String.raw`5\text{ cm}`, '5', true],
    [String.raw`90^\circ`, '90', true],
    [String.raw`50\%`, '50', true],
    [String.raw`\sqrt3`, String.raw`\sqrt{3}`, true],
    [String.raw`1,\!234`, '1,234', true],
    ['1,234', '1234', false],
    ['18.0', '18', false],
    ['-3', '3', false],
    ['007/2', String.raw`\frac{007}{2}`, false],
    // The reference raises on either side: both are then compared as they stand.
    [String.raw`5\text{ cm}\text{ high}`, '5', false],
    [String.raw`5 \text{ a}\text{ b}`, String.raw`5\text{ a}\text{ b}`, false],
    [String.raw`2 \sqrt`, String.raw`2\sqrt`, false],
    [String.raw`2 \frac`, String.raw`2\frac`, false],
    [String.raw`2 \frac1`, String.raw`2\frac1`, true],
    // Characters are code points: a letter outside of the basic plane is one.
    [String.raw`\frac𝑥2`, String.raw`\frac{𝑥}{2}`, true],
    [String.raw`\sqrt𝑥`, String.raw`\sqrt{𝑥}`, true],
    ['𝑥𝑦=5', '5', true],
    ['𝑥𝑦𝑧=5', '5', false],
  ])('finds %s and %s equal: %s', (left, right, equal) => {
    expect(equalAsStrings(left, right)).toBe(equal);
    expect(equalAsStrings(right, left)).toBe(equal);
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
    [String.raw`so \boxed {5}.`, '5'],
    [String.raw`\boxed{\{1,2\}}`, String.raw`\{1,2\}`],
    [String.raw`\boxed{\boxed{3}}`, '3'],
    [String.raw`\fbox{3}, no: \boxed{4}`, '4'],
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
    [String.raw`\text{Even}`, String.raw`\text{Odd}`, false],
    [String.raw`\text{Even}`, 'even', true],
    [String.raw`\text{stop}`, String.raw`\text{spot}`, false],
    [String.raw`\text{Even}`, '', false],
    [String.raw`5\text{ cm}`, '5', true],
    [String.raw`\text{(A)}`, '(A)', true],
    ['1000000000000', '1000000000001', false],
    ['2^{40}', '1099511627777', false],
    ['2^{40}', '1099511627776', true],
    ['123456789012345678901', '123456789012345678902', false],
    [String.raw`2\frac{1}{2}`, '2.5', true],
    [String.raw`2\frac{1}{2}`, '1', false],
    [String.raw`-1\frac45`, String.raw`-\frac{9}{5}`, true],
    [String.raw`2\frac{x}{2}`, 'x', true],
    ['1,2', '2,1', true],
    ['1,2,2', '1,1,2', false],
    ['−3', '-3', true],
    ['２', '2', true],
    [String.raw`\constructor`, '1', false],
    [String.raw`\toString(1)`, '1', false],
    [String.raw`\binom{5}{2}`, '10', true],
    [String.raw`\dfrac{2}{4}`, '0.5', true],
    [String.raw`1{,}234`, '1234', true],
    ['0.5', '50', false],
    ['[0,1)', '[0,1]', false],
  ])('%s against %s: equal is %s', (left, right, equal) => {
    expect(equalAsFormulas(left, right)).toBe(equal);
  });

  it.each([18, 24, 40, 60])('takes less than 50 ms over %i nested binomials', (depth) => {
    const nested = ['1'];
    for (let level = 0; level < depth; level += 1) nested.push(`\\binom{${nested.at(-1) ?? ''}}{1}`);
    for (const hostile of [nested.at(-1) ?? '', `${'\\binom'.repeat(depth)}2${'1'.repeat(depth)}`]) expect(fastest(() => equalAsFormulas(hostile, '2'))).toBeLessThan(50);
  });

  it.each(['\\boxed{', '{', '$', '(', '\\frac', '9', ',', 'answer is ', '^{2', '\\text{ '])('takes less than 50 ms over 60,000 characters of %s', (piece) => {
    const hostile = piece.repeat(Math.ceil(60_000 / piece.length));
    expect(fastest(() => [equalAsFormulas(mathAnswer(hostile) ?? '', '1'), equalAsStrings(hostile, boxedAnswer(hostile))])).toBeLessThan(50);
  });
});
