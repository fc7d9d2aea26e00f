import type { CallFailure } from '../failures/failure-code.js';
import { coerceJson } from '../json/coerce-json.js';

/** What an item's answer came to against the batch's schema: the coerced value, or where it misses. */
export type BatchItemOutput = { valid: true; value: unknown } | { valid: false; errors: { path: string; message: string }[] };

/** An answer against a schema, fences stripped and values coerced. */
export function outputOf(text: string, schema: Record<string, unknown>): BatchItemOutput {
  const coerced = coerceJson(text, schema);
  return coerced.ok ? { valid: true, value: coerced.value } : { valid: false, errors: coerced.errors };
}

/** Why an item whose answer misses the schema failed. */
export function missedSchema(errors: { path: string; message: string }[]): CallFailure {
  const [first] = errors;
  const where = first === undefined || first.path === '' ? '' : ` at ${first.path}`;
  return { code: 'invalid_answer', message: `The answer does not follow the schema of the batch${where}: ${first?.message ?? 'it is not valid'}` };
}
