import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { conclaveMini } from '../../../domain/benchmarks/conclave-mini.js';
import { phraseAnswer } from './phrase-answer.js';
import { knownItem } from './known-items.js';

const lines = readFileSync(new URL('../../../datasets/conclave-mini.jsonl', import.meta.url), 'utf8').trim().split('\n');
const items = lines.flatMap((line, index) => conclaveMini.read(JSON.parse(line), index) ?? []);

describe('a simulated model asked conclave-mini', () => {
  it.each(items.map((item) => [item.id, item] as const))('%s: its truth is right and its mistake wrong, in the words of any model', (_, item) => {
    const prompt = conclaveMini.prompt(item, 'conclave');
    const [message] = prompt.messages;
    const text = typeof message?.content === 'string' ? message.content : '';
    const solution = knownItem(text);
    if (!solution) throw new Error('not known');
    const said = (answer: string) => ['small', 'gpt-4o-mini', 'claude-sonnet-4-20250514', 'x'].map((voice) => conclaveMini.score(item, prompt, phraseAnswer({ answer, solution, prompt: text, voice })).verdict);
    expect(said(solution.answer)).toEqual(['correct', 'correct', 'correct', 'correct']);
    expect(said(solution.wrong(0.3))).not.toContain('correct');
  });

  it('knows nothing of other questions', () => {
    expect(knownItem('What is the meaning of life?')).toBeNull();
  });
});
