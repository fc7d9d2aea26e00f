import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RecordedAnswers } from './recorded-answers.js';

describe('RecordedAnswers', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'recorded-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('finds what a model said, by question, whatever the white space around it', () => {
    writeFileSync(join(folder, 'a.jsonl'), '{"model":"175b","question":"How many eggs\\nare left after breakfast?","answer":"A: 18"}\n{"question":"How many eggs are left after breakfast?","correct":"18"}\n');
    const recorded = RecordedAnswers.fromDirectory(folder);
    const question = ' How many eggs are left after  breakfast? ';
    expect(recorded.find({ base: '175b', question, fingerprint: '' }).answer).toBe('A: 18');
    expect(recorded.find({ base: '6b', question, fingerprint: '' })).toMatchObject({ answer: null, solution: { answer: '18' } });
    expect(recorded.find({ base: '175b', question: `Think first. ${question}`, fingerprint: '' }).answer).toBe('A: 18');
    expect(recorded.find({ base: '175b', question: 'Another?', fingerprint: '' })).toEqual({ answer: null, solution: null });
  });

  it('has nothing without a folder', () => {
    expect(RecordedAnswers.fromDirectory(undefined).find({ base: 'm', question: 'q', fingerprint: 'f' })).toEqual({ answer: null, solution: null });
  });
});
