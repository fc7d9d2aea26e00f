import { describe, expect, it } from '@jest/globals';
import { versionNotes } from './version-notes.js';

describe('versionNotes', () => {
  it('says nothing of a run of one version, or of what it can not read', () => {
    expect(versionNotes('1', {})).toEqual([]);
    expect(versionNotes('1', { later_code_versions: [] })).toEqual([]);
    expect(versionNotes('1', { later_code_versions: 'x' })).toEqual([]);
  });

  it('names every version of the product, and each benchmark whose answers were scored anew', () => {
    const scored_anew = { math: { from: 'math-1', to: 'math-2', prompts: 'earlier' }, gsm8k: { from: 'gsm8k-1', to: 'gsm8k-2', prompts: 'same' } };
    expect(versionNotes('1', { later_code_versions: ['2', '3'], scored_anew })).toEqual([
      expect.stringContaining('carried this run out: 1, 2, 3.'),
      'math: every answer is scored by math-2; the run was begun with math-1. The questions are worded as they were then.',
      'gsm8k: every answer is scored by gsm8k-2; the run was begun with gsm8k-1.',
    ]);
  });
});
