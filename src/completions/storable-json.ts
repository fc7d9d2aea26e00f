import { badRequest } from '../http/api-error.js';

// As JSON.stringify writes them. A backslash before may make it harmless; then the slow way finds nothing to change.
const suspicious = /\\u0000|\\ud[89a-f]/;

/**
 * The value as JSON that Postgres takes. Half a surrogate pair becomes U+FFFD, which is what providers would receive anyway; NUL can't be
 * stored and is a 400.
 */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  return suspicious.test(json) ? JSON.stringify(wellFormed(value)) : json;
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return checked(value).toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [checked(name).toWellFormed(), wellFormed(part)]));
}

function checked(text: string): string {
  if (text.includes('\0')) throw badRequest('messages', 'The request contains the character U+0000, which can not be stored. Remove it.');
  return text;
}
