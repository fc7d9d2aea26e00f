import { describe, expect, it } from '@jest/globals';
import { fastest } from '../../test/support/fastest.js';
import { longestSafeText } from './pattern-cost.js';

describe('how long a text a pattern may be tried on', () => {
  it.each(['^\\d{4}-\\d{2}-\\d{2}$', '^[A-Z]{2}\\d{1,3}$', '^(?:red|green|blue)$', '^(?:jan|january)?$', '^[^\\s]{1,8}$'])('any for %s', (pattern) => {
    expect(longestSafeText(pattern)).toBe(Infinity);
  });

  it.each([
    ['^[a-z]+$', 10_000_000],
    ['abc', 10_000_000],
    ['^[a-z0-9]+(?:-[a-z0-9]+)*$', 3_162],
    ['^(?:\\d{1,3}\\.){3}\\d{1,3}$', 3_333_333],
    ['^\\S+@\\S+\\.\\S+$', 215],
    ['^#(?:[0-9a-f]{3}|[0-9a-f]{6})$', Infinity],
  ])('a bounded one for %s', (pattern, longest) => {
    expect(longestSafeText(pattern)).toBe(longest);
  });

  it.each([
    '^(a+)+$', '^(a*)*$', '(a|a)*$', '^(?:a|aa)+$', '^([a-zA-Z]+)*$', '^(\\w+\\s?)*$', '^(.*a){20}$', '^(?:ā|[ā-ă])*$', '^(?:\\p{L}|é)*$', '(x+x+)+y', '^(?:a{0,9})*$', '^(?:a{1,9})+$', '^((a{2,3})+b?)+$', '^(?:a?){40}a{40}$',
    '^a*a*a*a*a*a*b$', '(a)\\1', '(?=a)b', '^(?<!a)b$', '^a{100000}$', '^(unclosed', `^${'a?'.repeat(40)}$`, `^${'a'.repeat(2_000)}$`, `^a{${'0'.repeat(60)}5000}$`,
  ])('none for %s', (pattern) => {
    expect(longestSafeText(pattern)).toBeNull();
  });

  it('keeps what it lets through short', () => {
    const worst = ['^\\S+@\\S+\\.\\S+$', '^[a-z]+$', '^[a-z0-9]+(?:-[a-z0-9]+)*$', '[a-z]+!', '^.*x.*y$', '^(?:ab|ac|b)*c$', '^\\w+[a-z]*!$'];
    for (const pattern of worst) {
      const length = Math.min(longestSafeText(pattern) ?? 0, 200_000);
      expect([pattern, fastest(() => new RegExp(pattern, 'u').test('a'.repeat(length))) < 500]).toEqual([pattern, true]);
    }
  });
});
