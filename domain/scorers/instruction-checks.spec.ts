import { describe, expect, it } from '@jest/globals';
import { fastest } from '../../test/support/fastest.js';
import { meetsCheck, type InstructionCheck } from './instruction-checks.js';

const cases: [InstructionCheck, string, string][] = [
  [{ rule: 'words', exactly: 3 }, 'One two-fold don’t.', 'One two'],
  [{ rule: 'words', exactly: 4 }, 'Rain - soft, cold, ﬁne –', '- Rain - falls - softly'],
  [{ rule: 'words', exactly: 1 }, 'Ru\u0308ckweg', 'a - b'],
  [{ rule: 'lines', exactly: 2 }, 'a\n\nb', 'a'],
  [{ rule: 'bullets', exactly: 2 }, 'Here:\n- a\n* b', '-a\n- b'],
  [{ rule: 'bullets', exactly: 1, mark: '*' }, '* a', '- a'],
  [{ rule: 'max_characters', value: 3 }, '👍👍👍', 'abcd'],
  [{ rule: 'case', value: 'lower' }, 'all small, ünï', 'Not'],
  [{ rule: 'case', value: 'upper' }, 'LOUD 1', '123'],
  [{ rule: 'contains', text: 'tea', times: 2 }, 'Tea and tea.', 'tea'],
  [{ rule: 'contains', text: 'bridge', times: 2 }, 'A bridge, and a Bridge; no bridges.', 'bridges and a bridge'],
  [{ rule: 'contains', text: 'tea' }, 'Teapots steam with tea', 'coffee'],
  [{ rule: 'excludes', text: ',' }, 'no such sign', ''],
  [{ rule: 'starts_with', text: 'Yes' }, ' Yes, sir', 'yes'],
  [{ rule: 'ends_with', text: 'Done.' }, 'So it is. Done.\n', 'Done'],
  [{ rule: 'starts_with', text: 'Indeed,' }, '**Indeed,** so', 'So indeed,'],
  [{ rule: 'ends_with', text: 'That is all.' }, 'A map. "That is all."', 'That is all. Bye.'],
  [{ rule: 'json_keys', keys: ['a'] }, '```JSON\r\n{"a":1}\r\n```', 'Here: {"a":1}'],
  [{ rule: 'json_keys', keys: ['__proto__'] }, '{"__proto__":1}', '{}'],
  [{ rule: 'json_keys', keys: ['a', 'b'] }, '```json\n{"b":1,"a":2}\n```', '{"a":1}'],
];

describe('demands on an answer', () => {
  it.each(cases)('%j is met by the first and missed by the second', (check, good, bad) => {
    expect([meetsCheck(good, check), meetsCheck(bad, check)]).toEqual([true, false]);
  });

  it.each(cases.map(([check]) => [check]))('%j takes less than 50 ms over 60,000 hostile characters', (check) => {
    for (const piece of ['-', '`', '{', 'a ', '\n', ',', '"', "x'", '*', 'bridge']) {
      expect(fastest(() => meetsCheck(`x${piece.repeat(60_000 / piece.length)}x`, check))).toBeLessThan(50);
    }
  });
});
