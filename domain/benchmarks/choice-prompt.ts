import { choiceLetters } from '../scorers/choice-answers.js';
import type { BenchmarkItem, BenchmarkPrompt, SampleScore } from './benchmark.js';
import { choiceOrder } from './seeded-rank.js';
import { verdictOf } from './number-score.js';

/** A question with lettered choices in a shown order; the last line of the prompt says how to answer. */
export function choicePrompt(item: BenchmarkItem, options: { instruction: string; seed: string | null }): BenchmarkPrompt {
  const order = options.seed === null ? item.choices.map((_, index) => index) : choiceOrder(options.seed, item.id, item.choices.length);
  const lines = order.map((index, shown) => `${letterAt(shown)}. ${item.choices[index] ?? ''}`);
  const content = `${options.instruction}\n\nQuestion: ${item.question}\n${lines.join('\n')}`;
  return { messages: [{ role: 'user', content }], order, expected: letterAt(order.indexOf(choiceLetters.indexOf(item.target))) };
}

/** Scores a letter that was read from the answer. */
export function scoreChoice(extracted: string | null, expected: string): SampleScore {
  const verdict = verdictOf(extracted, expected);
  return { verdict, score: verdict === 'correct' ? 1 : 0, extracted, also: {} };
}

function letterAt(index: number): string {
  return choiceLetters[index] ?? '?';
}
