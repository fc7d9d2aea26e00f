import { seededChoice } from '../seeded-hash.js';
import type { Solution } from './solve.js';

const lead: Record<Solution['kind'], readonly string[]> = {
  number: ['Working it out step by step gives %.', 'The answer is %.', 'Let us calculate: the result is %.', 'That comes to %.'],
  letter: ['Weighing the options, one of them fits best. The answer is (%).', 'The answer is (%).', 'By elimination, the answer is (%).'],
  text: ['The answer is %.', 'It is %.', '% is the answer.'],
  exact: ['%'],
};

/** Says an answer in a model's own words, and in the form a benchmark's prompt asks for where it asks for one. */
export function phraseAnswer({ answer, solution, prompt, voice }: { answer: string; solution: Solution; prompt: string; voice: string }): string {
  if (solution.kind === 'exact') return answer;
  const sentence = seededChoice(lead[solution.kind], 'voice', voice).replace('%', answer);
  if (prompt.includes('####')) return `${sentence}\n#### ${answer}`;
  if (prompt.includes('\\boxed')) return `${sentence}\n\\boxed{${answer}}`;
  if (/ANSWER:\s*\$?[A-Z[<]/.test(prompt)) return `${sentence}\n\nANSWER: ${answer}`;
  if (/"Answer: X"/.test(prompt)) return `${sentence}\nAnswer: ${answer}`;
  if (/\bonly (?:the|a) (?:number|letter|word|name|final answer)\b|\b(?:number|letter) only\b/i.test(prompt)) return answer;
  return sentence;
}
