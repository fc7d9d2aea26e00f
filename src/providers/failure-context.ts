import type { Connection } from './provider-adapter.js';
import type { FailureContext } from './to-provider-failure.js';

/** Whom a failure is about and what its message must not tell: the connection's key and headers, and the conversation's `texts`. An empty `model`: it is about none. */
export function failureContext(connection: Connection, model: string, texts: readonly string[] = []): FailureContext {
  return { provider: connection.name, model, secrets: [connection.apiKey ?? '', ...Object.values(connection.headers)], texts, now: Date.now() };
}
