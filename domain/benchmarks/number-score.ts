import { canonicalNumber, lastNumber, strictAnswer } from '../scorers/number-answers.js';
import type { SampleScore, Verdict } from './benchmark.js';

/** Scores an answer by its last number (compared as a number), and beside it by GSM8K's strict rule (compared as text). */
export function scoreNumber(target: string, answer: string): SampleScore {
  const extracted = lastNumber(answer);
  const verdict = verdictOf(extracted, canonicalNumber(target));
  return { verdict, score: verdict === 'correct' ? 1 : 0, extracted, also: { strict: verdictOf(strictAnswer(answer), target.replaceAll(',', '')) } };
}

/** Equal, different, or nothing to compare. */
export function verdictOf(extracted: string | null, target: string | null): Verdict {
  if (extracted === null) return 'unextracted';
  return extracted === target ? 'correct' : 'incorrect';
}
