import { seededChoice, seededUnit } from '../seeded-hash.js';
import { evaluateArithmetic } from './arithmetic.js';
import { capitals } from './capitals.js';

/** What the simulation holds for true about a question, and how it errs. */
export interface Solution {
  /** The answer without any words around it: `391`, `Paris`, `C`. */
  answer: string;
  kind: 'number' | 'letter' | 'text' | 'exact';
  /** A wrong answer that looks like one; equal draws give equal mistakes. */
  wrong(draw: number): string;
}

const numberPattern = /-?\d[\d,]*(?:\.\d+)?/g;

/**
 * The truth about a question, or `null` where the simulation has none and talks instead. Real for arithmetic, counted letters, capitals and
 * "reply with exactly"; for multiple choice and word problems an invented one on which all models agree.
 */
export function solve(question: string): Solution | null {
  return (
    solveExact(question) ?? solveLetters(question) ?? solveCapital(question) ?? solveChoice(question) ?? solveArithmetic(question) ?? solveWordProblem(question)
  );
}

/** A solution whose answer is given, from a replay file's `correct`. */
export function solutionOf(answer: string): Solution {
  if (/^[A-J]$/.test(answer)) return letterSolution(answer, 'ABCD'.includes(answer) ? 4 : 10);
  return /^-?[\d,.]+$/.test(answer) ? numberSolution(Number(answer.replace(/,/g, ''))) : textSolution(answer, [`not ${answer}`]);
}

function solveExact(question: string): Solution | null {
  const match = /\b(?:reply|answer|respond|say)\s+(?:only\s+)?(?:with\s+)?(?:exactly|only|just|the (?:single )?word)(?:\s+with)?(?:\s+the (?:single )?word)?:?\s+["'“`]?([^\n"'”`]{1,200}?)["'”`]?[.!]?\s*$/im.exec(question);
  return match?.[1] ? { answer: match[1], kind: 'exact', wrong: () => match[1] ?? '' } : null;
}

function solveLetters(question: string): Solution | null {
  const match =
    /how many (?:letters? )?["'“‘]?([a-z])["'”’]?(?:['’]?s)?\s.*?\bin (?:the word )?["'“‘]?([a-z]+)/i.exec(question) ??
    /how many times does (?:the letter )?["'“‘]?([a-z])["'”’]? (?:appear|occur)s? in (?:the word )?["'“‘]?([a-z]+)/i.exec(question);
  if (!match?.[1] || !match[2]) return null;
  const letter = match[1].toLowerCase();
  return numberSolution(match[2].toLowerCase().split(letter).length - 1);
}

function solveCapital(question: string): Solution | null {
  const country = /capital(?: city)? of (?:the )?([a-z ]+?)(?:[?.,!]|$)/i.exec(question)?.[1]?.toLowerCase();
  const capital = country === undefined ? undefined : capitals[country];
  return capital ? textSolution(capital, Object.values(capitals).filter((other) => other !== capital)) : null;
}

function solveChoice(question: string): Solution | null {
  if (!/^\s*\(?A[).:]\s/m.test(question)) return null;
  const options = [...question.matchAll(/^\s*\(?([A-J])[).:]\s+\S.*$/gm)].map((match) => match[1] ?? '');
  const start = options.lastIndexOf('A');
  const count = start === -1 ? 0 : options.length - start;
  return count < 2 ? null : letterSolution(String.fromCharCode(65 + Math.floor(seededUnit('truth', question) * count)), count);
}

function solveArithmetic(question: string): Solution | null {
  if (question.length > 240) return null;
  const value = evaluateArithmetic(question);
  return value === null ? null : numberSolution(value);
}

function solveWordProblem(question: string): Solution | null {
  const numbers = (question.match(numberPattern) ?? []).map((text) => Number(text.replace(/,/g, '')));
  if (numbers.length < 2 || !/how (?:many|much|far|long|old)|what (?:is|was) the (?:total|number|sum|cost|price)/i.test(question)) return null;
  const [first = 0, second = 0, ...rest] = numbers;
  const sum = rest.reduce((total, value) => total + value, 0);
  return numberSolution(Math.round(Math.abs(seededChoice([first * second, first * second + sum, first + second + sum], question)) * 100) / 100);
}

function numberSolution(value: number): Solution {
  const steps = [1, -1, 10, -10, 2, -2, 100, 9];
  return {
    answer: String(value),
    kind: 'number',
    wrong: (draw) => String(Math.round((value + (steps[Math.floor(draw * steps.length)] ?? 1)) * 1e6) / 1e6),
  };
}

/** A letter among so many. */
export function letterSolution(letter: string, count: number): Solution {
  const others = Array.from({ length: count }, (_, index) => String.fromCharCode(65 + index)).filter((other) => other !== letter);
  return { answer: letter, kind: 'letter', wrong: (draw) => others[Math.floor(draw * others.length)] ?? letter };
}

function textSolution(answer: string, others: string[]): Solution {
  return { answer, kind: 'text', wrong: (draw) => others[Math.floor(draw * others.length)] ?? answer };
}

/** What a text gives as its answer of this kind: its last number, its last single letter, or whether it names the answer. */
export function statedAnswer(text: string, solution: Solution): string | null {
  if (solution.kind === 'number') return text.match(numberPattern)?.at(-1)?.replace(/,/g, '') ?? null;
  if (solution.kind === 'letter') return text.match(/(?<![A-Za-z'’])[A-J](?![A-Za-z'’])/g)?.at(-1) ?? null;
  return text.toLowerCase().includes(solution.answer.toLowerCase()) ? solution.answer : null;
}

/** Whether a text gives the right answer. */
export function isRight(text: string, solution: Solution): boolean {
  const stated = statedAnswer(text, solution);
  return stated !== null && (stated === solution.answer || (solution.kind === 'number' && Number(stated) === Number(solution.answer)));
}
