import { z } from 'zod';

/** A verifiable demand on an answer. Lengths are in code points, words are runs of letters, digits, apostrophes and hyphens. */
export const instructionCheck = z.discriminatedUnion('rule', [
  z.strictObject({ rule: z.literal('words'), exactly: z.int().min(1) }),
  z.strictObject({ rule: z.literal('lines'), exactly: z.int().min(1) }),
  z.strictObject({ rule: z.literal('bullets'), exactly: z.int().min(1) }),
  z.strictObject({ rule: z.literal('max_characters'), value: z.int().min(1) }),
  z.strictObject({ rule: z.literal('case'), value: z.enum(['lower', 'upper']) }),
  z.strictObject({ rule: z.literal('contains'), text: z.string().min(1), times: z.int().min(1) }),
  z.strictObject({ rule: z.literal('excludes'), text: z.string().min(1) }),
  z.strictObject({ rule: z.literal('starts_with'), text: z.string().min(1) }),
  z.strictObject({ rule: z.literal('ends_with'), text: z.string().min(1) }),
  z.strictObject({ rule: z.literal('json_keys'), keys: z.array(z.string()).min(1) }),
]);
export type InstructionCheck = z.infer<typeof instructionCheck>;

/** Whether the answer, without blanks around it, meets the demand. `contains` and `excludes` ignore case; `json_keys` wants an object with exactly these keys, fenced or not. */
export function meetsCheck(answer: string, check: InstructionCheck): boolean {
  const text = answer.trim();
  switch (check.rule) {
    case 'words':
      return (text.match(/[\p{L}\p{N}'’-]+/gu) ?? []).length === check.exactly;
    case 'lines':
      return linesOf(text).length === check.exactly;
    case 'bullets':
      return linesOf(text).filter((line) => /^\s*[-*•]\s/.test(line)).length === check.exactly;
    case 'max_characters':
      return Array.from(text).length <= check.value;
    case 'case':
      return text === (check.value === 'lower' ? text.toLowerCase() : text.toUpperCase()) && /\p{L}/u.test(text);
    case 'contains':
      return text.toLowerCase().split(check.text.toLowerCase()).length - 1 === check.times;
    case 'excludes':
      return text !== '' && !text.toLowerCase().includes(check.text.toLowerCase());
    case 'starts_with':
      return text.startsWith(check.text);
    case 'ends_with':
      return text.endsWith(check.text);
    case 'json_keys':
      return hasExactlyKeys(text, check.keys);
    default: {
      const never: never = check;
      return never;
    }
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function hasExactlyKeys(text: string, keys: readonly string[]): boolean {
  const body = /^```[a-z]*\n([\s\S]*)\n```$/.exec(text)?.[1] ?? text;
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    return JSON.stringify(Object.keys(value).sort()) === JSON.stringify([...keys].sort());
  } catch {
    return false;
  }
}
