import type { Connection } from './provider-adapter.js';
import type { FailureContext } from './to-provider-failure.js';

/** Settings that may be shown. */
const open = new Set(['region', 'profile', 'project', 'location', 'keyFile']);

/** Whom a failure is about and what its message must not tell: the connection's key, headers and secret settings, and the conversation's `texts`. An empty `model`: it is about none. */
export function failureContext(connection: Connection, model: string, texts: readonly string[] = []): FailureContext {
  const settings = Object.entries(connection.settings ?? {}).filter(([name]) => !open.has(name)).map(([, value]) => value);
  return { provider: connection.name, model, secrets: [connection.apiKey ?? '', ...Object.values(connection.headers), ...settings], texts, now: Date.now() };
}
