import { describe, expect, it } from '@jest/globals';
import { faultLines } from './fault-lines.js';

const fault = (line: number, message: string, id: string | null = null) => ({ line, custom_id: id, message });

describe('faultLines', () => {
  it('tells a fault of many lines once', () => {
    expect(faultLines([1, 2, 3, 4, 7, 9, 10].map((line) => fault(line, "'gpt-9' is not a model.")))).toEqual(['Lines 2–4, 7, 9–10: the same.']);
  });

  it('tells different faults each, with the line and its id', () => {
    expect(faultLines([fault(2, 'bad'), fault(3, 'worse', 'a'), fault(4, 'bad'), fault(8, 'worst')])).toEqual(["Line 3 ('a'): worse", 'Line 4: the same.', 'Line 8: worst']);
  });

  it('adds nothing to one fault, or to none', () => {
    expect(faultLines([fault(1, 'bad')])).toEqual([]);
    expect(faultLines([])).toEqual([]);
  });
});
