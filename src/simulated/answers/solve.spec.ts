import { describe, expect, it } from '@jest/globals';
import { evaluateArithmetic } from './arithmetic.js';
import { isRight, solve } from './solve.js';

describe('evaluateArithmetic', () => {
  it.each([
    ['what is 17*23', 391], ['What is 2 + 3 * 4?', 14], ['(2+3)*4 = ?', 20], ['Compute 12 divided by 8', 1.5], ['1,200 plus 34', 1234],
    ['2^10', 1024], ['What is -3 + 5?', 2], ['7 x 6', 42], ['nothing here', null], ['in 2024', null], ['1/0', null],
  ])('%s → %p', (text, value) => {
    expect(evaluateArithmetic(text)).toBe(value);
  });
});

describe('solve', () => {
  it.each([
    ["How many r's in strawberry?", '3'], ["How many r's are there in the word strawberry?", '3'], ['How many times does the letter s appear in Mississippi?', '4'],
    ['What is the capital of France?', 'Paris'], ['Reply with exactly: pong', 'pong'], ['Say only the word "hello".', 'hello'],
  ])('%s → %s', (question, answer) => {
    expect(solve(question)?.answer).toBe(answer);
  });

  it('gives each multiple-choice question one truth and errs with another of its letters', () => {
    const solution = solve('Which one?\nA) red\nB) green\nC) blue');
    expect(solution?.kind).toBe('letter');
    expect('ABC').toContain(solution?.answer);
    expect('ABC').toContain(solution?.wrong(0.99));
    expect(solution?.wrong(0.3)).not.toBe(solution?.answer);
  });

  it('knows nothing about open questions', () => {
    expect(solve('Why do cats purr?')).toBeNull();
  });

  it('reads the answer a text gives', () => {
    const solution = solve('what is 17*23');
    expect(solution && isRight('17 * 23 = 391.', solution)).toBe(true);
    expect(solution && isRight('It is 392', solution)).toBe(false);
  });
});
