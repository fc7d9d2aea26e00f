import { markedAnswers, normalised } from './extract-answer.js';

/**
 * Which texts give the same answer: one number per text, equal for equal answers, in order of first appearance. Two texts are the same answer
 * if they are the same words, or if both mark an answer of the same kind as their own (JSON, a letter, `\boxed{}`, "answer is", a bare value, a
 * number at the very end that is said to be the result) and the marked values are equal. Nothing is guessed from a number that merely occurs in both.
 * @example equalAnswers(['17 · 23 = 391', 'The answer is 391.', 'About 400.']) // [0, 0, 1]
 */
export function equalAnswers(texts: readonly string[]): number[] {
  const marks = markedAnswers(texts);
  const seen = new Map<string, number>();
  return texts.map((text, index) => {
    const value = marks[index] ?? `text ${normalised(text)}`;
    const known = seen.get(value) ?? seen.size;
    seen.set(value, known);
    return known;
  });
}

/** The ballots with equal answers taken together: each answer stands where its best-placed candidate stood. A ballot still names nothing twice. */
export function byAnswer(ballots: readonly (readonly number[])[], answers: readonly number[]): number[][] {
  return ballots.map((ballot) => [...new Set(ballot.map((candidate) => answers[candidate] ?? 0))]);
}
