// As JSON.stringify writes them. A backslash before may make it harmless; then the slow way finds nothing to change.
const suspicious = /\\u0000|\\ud[89a-f]/;

/** A value as JSON that Postgres takes: NUL goes, half a surrogate pair becomes U+FFFD, for a model may write both. */
export function safeJson(value: unknown): string {
  const json = JSON.stringify(value);
  return suspicious.test(json) ? JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? part.replaceAll('\0', '').toWellFormed() : part)) : json;
}
