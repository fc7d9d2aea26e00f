import { evaluateFormula, type Complex } from './evaluate-formula.js';
import { parseFormula, type Formula } from './parse-formula.js';
import { normaliseTex } from './equal-as-strings.js';
import { withPlainDigits } from './plain-signs.js';

/** Longest result that is looked at, in UTF-16 code units. */
const longest = 2_000;
/** Points at which two formulas with names are compared, and how near they must come, relative to their size. */
const points = 5;
const tolerance = 1e-9;

/**
 * Whether two results mean the same: equal strings, equal numbers, formulas that agree at several points, sets in any order, tuples part by part, equations and inequalities either way round. Bounded:
 * a grammar and floating-point arithmetic, nothing is executed, and what overflows is equal only as a string. Looser than Hendrycks' rule; percent signs and degree signs may be left out.
 */
export function equalAsFormulas(left: string, right: string): boolean {
  if (left.length > longest || right.length > longest) return left === right;
  const words = [wordsOf(left), wordsOf(right)] as const;
  if (words[0] !== null || words[1] !== null) return (words[0] ?? left.trim().toLowerCase()) === (words[1] ?? right.trim().toLowerCase());
  const [first, second] = [tidy(left), tidy(right)];
  if (first === second || normaliseTex(first) === normaliseTex(second)) return first !== '' || second === '';
  return equalRelations(first, second) || equalLists(first, second) || equalValues(first, second);
}

/** A result that is nothing but words, such as `\text{Even}`; null for any other. Letters of words are no names. */
function wordsOf(text: string): string | null {
  return /^\s*\\(?:text|mathrm|mbox)\{([a-zA-Z. ]{2,})\}\s*$/.exec(text)?.[1]?.trim().toLowerCase() ?? null;
}

// Spelling, units and thousands commas say nothing about the value.
function tidy(text: string): string {
  return withPlainDigits(text)
    .replaceAll('\u2212', '-')
    .replaceAll(/\\(?:left|right|displaystyle|[,;:! ])/g, (found) => (found === '\\,' || found === '\\;' || found === '\\:' || found === '\\ ' ? ' ' : ''))
    .replaceAll(/\\(?:text|mathrm|mbox)\{ ?([^{}]*)\}/g, (_, words: string) => (/^[a-zA-Z. ]{2,}$/.test(words.trim()) ? '' : words))
    .replaceAll(/\^ ?\{? ?\\circ ?\}?|°|\\degree/g, '')
    .replaceAll(/\\?\$/g, '')
    .replaceAll('{,}', ',')
    .replaceAll(/(?<=\d),(?=\d{3}(?!\d))/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/\.$/, '');
}

const relation = /(<=|>=|\\leq?|\\geq?|[=<>])/;
const flipped: Record<string, string> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=', '=': '=' };

function equalRelations(left: string, right: string): boolean {
  const [first, second] = [relationOf(left), relationOf(right)];
  if (first && second) {
    const same = first.sign === second.sign && equalValues(first.left, second.left) && equalValues(first.right, second.right);
    return same || (first.sign === flipped[second.sign] && equalValues(first.left, second.right) && equalValues(first.right, second.left));
  }
  // "x = 2" answers a question for x.
  const only = first ?? second;
  return only?.sign === '=' && isName(only.left) && equalAsFormulas(only.right, first ? right : left);
}

function relationOf(text: string): { left: string; sign: string; right: string } | null {
  const parts = text.split(relation);
  const [left, sign, right] = parts;
  if (parts.length !== 3 || !left || !sign || !right) return null;
  return { left, sign: sign.replace(/\\leq?/, '<=').replace(/\\geq?/, '>='), right };
}

function isName(text: string): boolean {
  return /^(?:\\angle ?)?[A-Za-z]{1,4}(?:\([a-z]\))?$/.test(text.trim());
}

function equalLists(left: string, right: string): boolean {
  const [first, second] = [listOf(left), listOf(right)];
  if (!first || !second || first.brackets !== second.brackets || first.parts.length !== second.parts.length) return false;
  if (first.brackets !== '\\{\\}' && first.brackets !== '') return first.parts.every((part, index) => equalAsFormulas(part, second.parts[index] ?? ''));
  const rest = [...second.parts];
  return first.parts.every((part) => {
    const found = rest.findIndex((other) => equalAsFormulas(part, other));
    if (found !== -1) rest.splice(found, 1);
    return found !== -1;
  });
}

/** A tuple, interval, set, or bare list with at most 50 parts; null for anything else. Brackets tell an open interval from a closed one. */
function listOf(text: string): { brackets: string; parts: string[] } | null {
  const bracketed = /^(\\\{|[([])(.*)(\\\}|[)\]])$/.exec(text);
  const parts = splitTop(bracketed?.[2] ?? text);
  if (parts === null || (parts.length < 2 && bracketed?.[1] !== '\\{') || parts.length > 50) return null;
  return { brackets: bracketed ? `${bracketed[1] ?? ''}${bracketed[3] ?? ''}` : '', parts };
}

// At commas outside of brackets; null where brackets don't match.
function splitTop(text: string): string[] | null {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index] ?? '';
    if ('([{'.includes(sign)) depth += 1;
    if (')]}'.includes(sign)) depth -= 1;
    if (depth < 0) return null;
    if (sign === ',' && depth === 0) {
      parts.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  return depth === 0 ? [...parts, text.slice(start).trim()] : null;
}

function equalValues(left: string, right: string): boolean {
  const [first, second] = [withoutPercent(left), withoutPercent(right)];
  const formulas = [parseFormula(first.text), parseFormula(second.text)] as const;
  if (!formulas[0] || !formulas[1]) return normaliseTex(first.text) === normaliseTex(second.text) && first.text !== '';
  // Of any length, where doubles would be equal.
  if (isInteger(first.text) && isInteger(second.text) && first.isPercent === second.isPercent) return BigInt(first.text) === BigInt(second.text);
  if (agree(formulas[0], formulas[1], 1)) return true;
  return first.isPercent !== second.isPercent && agree(formulas[0], formulas[1], first.isPercent ? 100 : 0.01);
}

function isInteger(text: string): boolean {
  return /^-?\d{1,1000}$/.test(text);
}

function withoutPercent(text: string): { text: string; isPercent: boolean } {
  const match = /^(.*?)\s*\\?%$/.exec(text.trim());
  return { text: match?.[1] ?? text, isPercent: match !== null };
}

/** Whether the first is `factor` times the second wherever both are looked at. */
function agree(left: Formula, right: Formula, factor: number): boolean {
  for (let point = 0; point < points; point += 1) {
    const [first, second] = [evaluateFormula(left, point), evaluateFormula(right, point)];
    if (!first || !second || !isNear(first, { re: second.re * factor, im: second.im * factor })) return false;
  }
  return true;
}

function isNear(left: Complex, right: Complex): boolean {
  // Integers that doubles hold are equal or not.
  if (left.im === 0 && right.im === 0 && Number.isSafeInteger(left.re) && Number.isSafeInteger(right.re)) return left.re === right.re;
  const size = Math.max(1e-6, Math.hypot(left.re, left.im), Math.hypot(right.re, right.im));
  return Math.hypot(left.re - right.re, left.im - right.im) <= tolerance * size;
}
