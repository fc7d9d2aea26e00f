/** What kind of short answer a text marks as its own. */
type Kind = 'json' | 'choice' | 'number' | 'text';
interface Marked {
  kind: Kind;
  value: string;
}

/**
 * The short answer of each text, comparable by equality; null where a text has none. The texts decide together what is being asked for:
 * what most of them mark as their answer (JSON; a choice letter; after `####`, in `\boxed{}`, on an `A:` line, after "answer is"; or the bare
 * text) says of which kind the answers are, and texts without a mark are read as that kind: the last stand-alone letter, the last number,
 * or the normalised text. Without any mark it is the last number if most texts have one. Linear in the length of the texts.
 */
export function extractAnswers(texts: readonly string[]): (string | null)[] {
  const marks = texts.map(markedAnswer);
  const kind = commonKind(marks) ?? (texts.filter((text) => extractNumber(text) !== null).length * 2 > texts.length ? 'number' : 'text');
  return texts.map((text, index) => {
    const mark = marks[index] ?? null;
    switch (kind) {
      case 'json':
        return mark?.kind === 'json' ? mark.value : null;
      case 'choice':
        return extractChoice(text);
      case 'number':
        return mark?.kind === 'number' ? mark.value : extractNumber(text);
      case 'text':
        return mark ? mark.value : normalised(text);
    }
  });
}

/** What each text marks as its own answer, as `kind value`; null where it marks nothing. A number at the very end marks itself after "=", "is", "equals", "gives" and the like. */
export function markedAnswers(texts: readonly string[]): (string | null)[] {
  return texts.map((text) => {
    const result = /(?:=|\b(?:is|equals|equal to|gives|makes|yields|comes to))[ \t*]{0,4}(-?\$?\d[\d,]{0,30}(?:\.\d{1,30})?)[ \t*.]{0,4}$/.exec(text.trimEnd())?.[1];
    const mark = markedAnswer(text) ?? (result === undefined ? null : { kind: 'number', value: extractNumber(result) ?? result });
    return mark && `${mark.kind} ${mark.value}`;
  });
}

/**
 * The last number of a text, without currency signs and thousands commas. Decimals count as written, except that `18.00` is `18`: so have the
 * published counts it.
 */
export function extractNumber(text: string): string | null {
  let last: string | null = null;
  for (const match of text.matchAll(/-?\$?\d[\d,]*(?:\.\d+)?/g)) last = match[0];
  return last === null ? null : last.replace(/[$,]/g, '').replace(/\.0+$/, '');
}

/**
 * The letter of a multiple-choice answer (A–J): after the first "answer is", else the last after "Answer:" on the first line that has one, else
 * the last letter that stands alone. The extraction chain of MMLU-Pro (TIGER-AI-Lab, Apache-2.0), in linear time; it takes a word for its first letter,
 * so it is asked only where the texts are known to choose between letters.
 */
export function extractChoice(text: string): string | null {
  return markedChoice(text) ?? lastMatch(text, /\b[A-J]\b/g)?.[0] ?? null;
}

/** The letter that a text marks as its answer: the first two readings of that chain. */
export function markedChoice(text: string): string | null {
  const stated = /answer is \(?([A-J])\)?/.exec(text);
  if (stated) return stated[1] ?? null;
  const labelled = [...text.matchAll(/[aA]nswer:\s*([A-J])/g)];
  const first = labelled[0];
  if (!first) return null;
  const lineEnd = text.indexOf('\n', first.index);
  return labelled.filter((match) => lineEnd === -1 || match.index < lineEnd).at(-1)?.[1] ?? null;
}

function markedAnswer(text: string): Marked | null {
  const trimmed = text.trim();
  const json = canonicalJson(trimmed);
  if (json !== null) return { kind: 'json', value: json };
  const choice = markedChoice(trimmed);
  // "The answer is Berlin" marks no B.
  if (choice !== null && new RegExp(`(?:answer is \\(?|nswer:\\s*)${choice}(?![\\p{L}\\p{N}])`, 'u').test(trimmed)) return { kind: 'choice', value: choice };
  const boxed = lastBoxed(trimmed);
  if (boxed !== null) return classify(boxed, 'whole');
  const marked = lastMatch(trimmed, /^(?:####|A:)[ \t]*(\S.*)$/gm)?.[1] ?? lastMatch(trimmed, /\banswer(?: is|:)[ \t:]*([^\s:].*)/gi)?.[1];
  if (marked !== undefined) return classify(marked, 'contains');
  return trimmed.length <= 40 && isBare(trimmed) ? classify(trimmed, 'whole') : null;
}

function lastMatch(text: string, pattern: RegExp): RegExpExecArray | null {
  let last: RegExpExecArray | null = null;
  for (const match of text.matchAll(pattern)) last = match;
  return last;
}

/** Whether a text is nothing but a letter or a number, wrapping aside. */
function isBare(text: string): boolean {
  return /^[($*\s]*(?:[A-J]|-?[\d,.]+%?)[)$*.\s]*$/.test(text);
}

function classify(answer: string, number: 'whole' | 'contains'): Marked {
  const bare = answer.replace(/\\text\{([^{}]*)\}/g, '$1').replace(/[()*$\s]/g, '').replace(/\.$/, '');
  if (/^[A-J]$/.test(bare)) return { kind: 'choice', value: bare };
  const numeric = number === 'contains' ? firstResult(answer) : extractNumber(answer);
  if (numeric !== null && (number === 'contains' || /^-?[\d,]+(?:\.\d+)?%?$/.test(bare.replace(/\\!/g, '')))) {
    return { kind: 'number', value: number === 'whole' ? (extractNumber(bare.replace(/\\!/g, '')) ?? numeric) : numeric };
  }
  return { kind: 'text', value: normalised(answer) };
}

/** The first number of a stated answer, after its last equals sign: "7 apples in 2 days" is 7, "3 + 4 = 7" too. */
function firstResult(answer: string): string | null {
  const result = /-?\$?\d[\d,]*(?:\.\d+)?/.exec(answer.slice(answer.lastIndexOf('=') + 1));
  return result ? extractNumber(result[0]) : extractNumber(answer);
}

/** The content of the last `\boxed{…}`, braces counted. */
function lastBoxed(text: string): string | null {
  const start = text.lastIndexOf('\\boxed{');
  if (start === -1) return null;
  let depth = 0;
  for (let index = start + '\\boxed'.length; index < text.length; index += 1) {
    if (text[index] === '{') depth += 1;
    if (text[index] === '}') depth -= 1;
    if (depth === 0) return text.slice(start + '\\boxed{'.length, index).trim();
  }
  return null;
}

function commonKind(marks: readonly (Marked | null)[]): Kind | null {
  const kinds: Kind[] = ['json', 'choice', 'number', 'text'];
  const counts = kinds.map((kind) => marks.filter((mark) => mark?.kind === kind).length);
  const most = Math.max(...counts);
  return most === 0 ? null : (kinds[counts.indexOf(most)] ?? null);
}

/** Accents on one letter beyond any script's need: composing sorts them, which takes the square of their number. */
const piledMarks = /(\p{M}{30})\p{M}+/gu;

/** A text without case, punctuation and articles. */
export function normalised(text: string): string {
  return text
    .replace(piledMarks, '$1')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s+\-*/=<>^\\]/gu, ' ')
    .replace(/\b(?:a|an|the)\b/g, ' ')
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ');
}

/** A JSON object or list with sorted keys, fence or not; null for anything else. */
export function canonicalJson(text: string): string | null {
  const lineEnd = text.indexOf('\n');
  const body = text.startsWith('```') && text.endsWith('```') && lineEnd !== -1 ? text.slice(lineEnd + 1, -3) : text;
  if (!/^\s*[[{]/.test(body)) return null;
  try {
    return JSON.stringify(JSON.parse(body, (_, value: unknown) => sorted(value)));
  } catch {
    return null;
  }
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}
