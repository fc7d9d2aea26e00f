import { BoundedValidator, TooManyChecks } from '../json/bounded-validator.js';

/** A JSON document that follows its schema, as the text to hand on, or what is wrong with it. */
export type ValidatedJson = { ok: true; text: string } | { ok: false; problems: string };

/**
 * Whether an answer is one JSON document that follows the client's schema. A markdown fence around the whole document is taken off;
 * anything else around it is a fault. A schema that can't be used itself (an unresolvable `$ref`) judges nothing. The time is bounded whatever
 * schema and answer are: see `BoundedValidator`; an answer that takes longer does not pass.
 */
export function validateJson(answer: string, schema: Record<string, unknown>): ValidatedJson {
  const text = withoutFence(answer.trim());
  const parsed = parse(text);
  if (!parsed.ok) return { ok: false, problems: 'it does not parse as JSON' };
  try {
    const errors = new BoundedValidator(schema, text.length).firstErrorsOf(parsed.value);
    if (errors.length === 0) return { ok: true, text };
    const problems = errors.slice(-3).map((error) => `${error.instanceLocation}: ${error.error}`);
    return { ok: false, problems: problems.join(' ') };
  } catch (error) {
    if (error instanceof TooManyChecks) return { ok: false, problems: 'it takes too long to check' };
    const isTooDeep = error instanceof Error && error.name === 'RangeError';
    return isTooDeep ? { ok: false, problems: 'it is nested too deeply' } : { ok: true, text };
  }
}

function withoutFence(text: string): string {
  const firstLineEnd = text.indexOf('\n');
  const isFenced = text.startsWith('```') && text.endsWith('\n```') && firstLineEnd !== -1 && firstLineEnd < text.length - 4;
  return isFenced ? text.slice(firstLineEnd + 1, -4).trim() : text;
}

function parse(text: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return { ok: false };
  }
}
