import { boxedAnswer } from './boxed-answer.js';

/** Longest answer without any mark that is taken for a bare result, in UTF-16 code units. */
const longestBare = 300;

/** The result of a mathematical answer, marked or not: boxed, else after the last "answer is" or "answer:", else the last formula between dollar signs, else a short answer as it stands; null where there is none. */
export function mathAnswer(answer: string): string | null {
  const boxed = boxedAnswer(answer.replaceAll('\\beginboxed{', '\\boxed{'));
  if (boxed !== null) return boxed;
  const text = answer.trim();
  const stated = lastAfter(text, /\banswer(?: is|:)[ \t]*/gi);
  if (stated !== null) return stated;
  if (text.length <= longestBare && !text.includes('\n')) return text === '' ? null : text;
  const parts = text.split('$').filter((part) => part.trim() !== '');
  return text.includes('$') ? (parts.at(text.endsWith('$') ? -1 : -2)?.trim() ?? null) : null;
}

function lastAfter(text: string, mark: RegExp): string | null {
  let start = -1;
  for (const match of text.matchAll(mark)) start = match.index + match[0].length;
  if (start === -1) return null;
  const line = text.slice(start).split('\n', 1)[0] ?? '';
  return line.trim().replace(/\.$/, '') || null;
}
