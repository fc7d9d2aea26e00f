import { z } from 'zod';
import { bareText } from './bare-text.js';

/** A verifiable demand on an answer. Lengths are in code points; words are runs of letters and digits, with apostrophes and hyphens only within. */
export const instructionCheck = z.discriminatedUnion('rule', [
  z.strictObject({ rule: z.literal('words'), exactly: z.int().min(1) }),
  z.strictObject({ rule: z.literal('lines'), exactly: z.int().min(1) }),
  z.strictObject({ rule: z.literal('bullets'), exactly: z.int().min(1), mark: z.enum(['-', '*', '•']).optional() }),
  z.strictObject({ rule: z.literal('max_characters'), value: z.int().min(1) }),
  z.strictObject({ rule: z.literal('case'), value: z.enum(['lower', 'upper']) }),
  z.strictObject({ rule: z.literal('contains'), text: z.string().min(1), times: z.int().min(1).optional() }),
  z.strictObject({ rule: z.literal('excludes'), text: z.string().min(1) }),
  z.strictObject({ rule: z.literal('starts_with'), text: z.string().min(1) }),
  z.strictObject({ rule: z.literal('ends_with'), text: z.string().min(1) }),
  z.strictObject({ rule: z.literal('json_keys'), keys: z.array(z.string()).min(1) }),
]);
export type InstructionCheck = z.infer<typeof instructionCheck>;

/** Whether the answer, without blanks around it, meets the demand. `contains` and `excludes` ignore case; with `times` whole words count, else any place. Quotes, bold and code around the whole say nothing about how it starts or ends. `json_keys` wants an object with exactly these keys, fenced or not. */
export function meetsCheck(answer: string, check: InstructionCheck): boolean {
  const text = answer.trim();
  switch (check.rule) {
    case 'words':
      return (text.match(/[\p{L}\p{N}\p{M}]+(?:['’‑-][\p{L}\p{N}\p{M}]+)*/gu) ?? []).length === check.exactly;
    case 'lines':
      return linesOf(text).length === check.exactly;
    case 'bullets':
      return linesOf(text).filter((line) => /^\s*[-*•]\s/.test(line) && (check.mark === undefined || line.trimStart().startsWith(check.mark))).length === check.exactly;
    case 'max_characters':
      return Array.from(text).length <= check.value;
    case 'case':
      return text === (check.value === 'lower' ? text.toLowerCase() : text.toUpperCase()) && /\p{L}/u.test(text);
    case 'contains':
      return check.times === undefined ? text.toLowerCase().includes(check.text.toLowerCase()) : timesOf(text.toLowerCase(), check.text.toLowerCase()) === check.times;
    case 'excludes':
      return text !== '' && !text.toLowerCase().includes(check.text.toLowerCase());
    case 'starts_with':
      return bareText(text).startsWith(check.text) || text.startsWith(check.text);
    case 'ends_with':
      return bareText(text).endsWith(check.text) || text.endsWith(check.text);
    case 'json_keys':
      return hasExactlyKeys(text, check.keys);
    default: {
      const never: never = check;
      return never;
    }
  }
}

/** How often a word stands in a text by itself. */
function timesOf(text: string, word: string): number {
  const isPart = (sign: string | undefined): boolean => sign !== undefined && /[\p{L}\p{N}\p{M}]/u.test(sign);
  let times = 0;
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + word.length)) if (!isPart(text[at - 1]) && !isPart(text[at + word.length])) times += 1;
  return times;
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function hasExactlyKeys(text: string, keys: readonly string[]): boolean {
  const body = /^```[a-zA-Z]*\r?\n([\s\S]*)\n```$/.exec(text)?.[1] ?? text;
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    return JSON.stringify(Object.keys(value).sort()) === JSON.stringify([...keys].sort());
  } catch {
    return false;
  }
}
