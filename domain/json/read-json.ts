/** Documents in one reply that are looked at; nobody answers with more. */
const mostDocuments = 16;
/** Parts of a reply that are tried, as one that does not parse costs some microseconds. */
const mostTried = 200;

/**
 * The JSON documents of a model's reply, each different one once: the whole reply if it is one; else what stands in markdown fences; else the outermost `{…}` and `[…]`
 * between the words. Reasoning up to a closing `</think>` is not part of the reply. Commas before a closing bracket are forgiven; nothing else is: a document that was cut off
 * is none. Nothing is evaluated, and the time is linear in the length of the reply.
 * @example readJson('Sure!\n```json\n{"x": [1, 2,],}\n```') // [{ x: [1, 2] }]
 */
export function readJson(reply: string): unknown[] {
  const text = afterThinking(reply).trim();
  const whole = parse(text) ?? parse(withoutTrailingCommas(text));
  if (whole) return [whole.value];
  const fenced = documentsOf(fencedTexts(text));
  return fenced.length > 0 ? fenced : documentsOf(outermost(text));
}

function afterThinking(reply: string): string {
  const end = reply.lastIndexOf('</think>');
  return end === -1 ? reply : reply.slice(end + '</think>'.length);
}

/** The documents that texts are, each once. */
function documentsOf(texts: string[]): unknown[] {
  const distinct = [...new Set(texts)].slice(0, mostTried);
  const found = distinct.flatMap((text) => parse(text) ?? parse(withoutTrailingCommas(text)) ?? []);
  return found.slice(0, mostDocuments).map(({ value }) => value);
}

/** What stands between lines that begin with three backquotes; a fence that is still open ends with the text. */
function fencedTexts(text: string): string[] {
  const texts: string[] = [];
  let start: number | null = null;
  for (let at = 0; at < text.length; at = nextLine(text, at)) {
    if (!text.startsWith('```', skipBlanks(text, at))) continue;
    if (start !== null) texts.push(text.slice(start, at));
    start = start === null ? nextLine(text, at) : null;
  }
  if (start !== null) texts.push(withoutClosing(text.slice(start)));
  return texts;
}

function withoutClosing(text: string): string {
  const trimmed = text.trimEnd();
  return trimmed.endsWith('```') ? trimmed.slice(0, -3) : trimmed;
}

function nextLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end + 1;
}

/** Fences may be indented, as in lists. */
function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  return at;
}

/** The outermost balanced `{…}` and `[…]` of a text, in order; brackets inside strings don't count. */
function outermost(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (depth > 0 && character === '"') index = endOfString(text, index);
    else if (character === '{' || character === '[') {
      if (depth === 0) start = index;
      depth += 1;
    } else if (depth > 0 && (character === '}' || character === ']')) {
      depth -= 1;
      if (depth === 0) parts.push(text.slice(start, index + 1));
    }
  }
  return parts;
}

/** A text without each comma that stands after a value and before a closing bracket. */
function withoutTrailingCommas(text: string): string {
  const kept: string[] = [];
  let copied = 0;
  let last = ''; // the last character that is no blank, and the one before it
  let beforeLast = '';
  let lastAt = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (character === ' ' || character === '\n' || character === '\r' || character === '\t') continue;
    if ((character === '}' || character === ']') && last === ',' && !'[{,:'.includes(beforeLast)) {
      kept.push(text.slice(copied, lastAt));
      copied = lastAt + 1;
    }
    if (character === '"') index = endOfString(text, index);
    beforeLast = last;
    last = character;
    lastAt = index;
  }
  return kept.length === 0 ? text : kept.join('') + text.slice(copied);
}

/** Where the string that begins at `start` ends: its closing quotation mark, or the text's end. */
function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index;
}

/** An object, as null is a document too. */
function parse(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
}
