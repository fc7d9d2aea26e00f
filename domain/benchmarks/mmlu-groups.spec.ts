import { describe, expect, it } from '@jest/globals';
import { mmluGroup, mmluSubjects } from './mmlu-groups.js';

describe('groups of MMLU', () => {
  it('take in each of the 57 subjects once', () => {
    expect(mmluSubjects).toHaveLength(57);
    const sizes = new Map<string | null, number>();
    for (const subject of mmluSubjects) sizes.set(mmluGroup(subject), (sizes.get(mmluGroup(subject)) ?? 0) + 1);
    expect([...sizes]).toEqual([['STEM', 18], ['humanities', 13], ['social sciences', 12], ['other', 14]]);
    expect(mmluGroup('anatomy')).toBe('other');
    expect(mmluGroup('astrology')).toBeNull();
  });
});
