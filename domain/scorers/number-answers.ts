import { withPlainDigits } from './plain-signs.js';

/**
 * Digits, with commas between them and a fraction. A sign counts only where no digit, letter or closing bracket stands before it, so that the 3 of `10-3` is not negative, and after a blank only behind an equals
 * sign: `5 - 3` ends in 3, as does the item `- 3` of a list.
 */
const number = /(?:(?<![\d.,\w)\]])-|(?<== ?)- )?\$?(?:\d[\d,]*(?:\.\d+)?|(?<![\d.\w)\]])\.\d+)/g;

/** The last number of a text in canonical form, such as `-1234.5`; null where it has none. "15 20" is 20, `\frac{1}{2}` is 2. */
export function lastNumber(text: string): string | null {
  let last: string | null = null;
  for (const match of plainDigits(text).matchAll(number)) last = match[0];
  return last === null ? null : canonicalNumber(last);
}

// Typographic minus signs, full-width digits, and thousands set apart by TeX's commas or by narrow or no-break blanks. A plain blank sets nothing apart.
function plainDigits(text: string): string {
  return withPlainDigits(text)
    .replaceAll(/[\u2212\u2013\uFE63\uFF0D]/g, '-')
    .replaceAll(/(?<=\d)(?:\{,\}|,\\!|\\,|[\u00A0\u202F\u2009])(?=\d{3}(?!\d))/g, ',');
}

/**
 * The text after the first `####` as GSM8K's own rule reads it (regex `#### (-?[0-9.,]+)` of openai/grade-school-math), without commas, currency signs and one trailing dot; null where there is none.
 * Compared as text: `18.00` is not `18` to this rule.
 */
export function strictAnswer(text: string): string | null {
  const found = /#### (-?[0-9.,]+)/.exec(text)?.[1];
  return found === undefined ? null : found.replaceAll(/[,$]/g, '').replace(/\.$/, '');
}

/** A number as text without signs that say nothing: `$1,234.50` → `1234.5`, `+007` → `7`, `-0` → `0`, `18.00` → `18`, `.5` → `0.5`. Null for what is no plain number. */
export function canonicalNumber(text: string): string | null {
  const parts = /^([-+]?)(\d*)(?:\.(\d*))?$/.exec(text.replaceAll(/[\s,$]/g, ''));
  if (!parts || `${parts[2] ?? ''}${parts[3] ?? ''}` === '') return null;
  const whole = (parts[2] || '0').replace(/^0+(?=\d)/, '');
  const fraction = trimZeros(parts[3] ?? '');
  const value = fraction === '' ? whole : `${whole}.${fraction}`;
  return parts[1] === '-' && value !== '0' ? `-${value}` : value;
}

// `/0+$/` would try again from every zero.
function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}
