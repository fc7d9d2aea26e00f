import { Validator } from '@cfworker/json-schema';
import { boundedSchema } from './bounded-schema.js';

/** Parts of a schema tried on parts of an answer, altogether: about half a second. */
const mostChecks = 300_000;
/** Steps of regular expressions, altogether and at worst; beyond them patterns are not tried. */
const mostSteps = 200_000_000;
/** Characters of an answer up to which `uniqueItems` is checked. */
const longestUnique = 20_000;

class TooManyChecks extends Error {}

/** A JSON document that follows its schema, as the text to hand on, or what is wrong with it. */
export type ValidatedJson = { ok: true; text: string } | { ok: false; problems: string };

/**
 * Whether an answer is one JSON document that follows the client's schema. A markdown fence around the whole document is taken off;
 * anything else around it is a fault. A schema that can't be used itself (an unresolvable `$ref`) judges nothing. The time is bounded whatever
 * schema and answer are: see `boundedSchema`; an answer that takes more than `mostChecks` does not pass.
 */
export function validateJson(answer: string, schema: Record<string, unknown>): ValidatedJson {
  const text = withoutFence(answer.trim());
  const parsed = parse(text);
  if (!parsed.ok) return { ok: false, problems: 'it does not parse as JSON' };
  try {
    let checks = 0;
    const onCheck = () => {
      checks += 1;
      if (checks > mostChecks) throw new TooManyChecks();
    };
    let steps = 0;
    const spend = (more: number) => (steps += more) <= mostSteps;
    const bounded = boundedSchema(schema, { withUniqueItems: text.length <= longestUnique, onCheck, spend });
    const result = new Validator(bounded, '2020-12').validate(parsed.value);
    if (result.valid) return { ok: true, text };
    const problems = result.errors.slice(-3).map((error) => `${error.instanceLocation}: ${error.error}`);
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
