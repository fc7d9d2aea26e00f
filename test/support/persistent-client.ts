import type { JsonBody, WireAnswer } from './conclave-client.js';
import { ConclaveClient } from './conclave-client.js';

/**
 * A client as the SDKs are: whatever happens to its connection, it asks again with the same Idempotency-Key, until it has an answer or an
 * error that asking again would not change.
 */
export async function askUntilAnswered(url: string, body: JsonBody, key: string, withinMs = 90_000): Promise<WireAnswer & { connections: number }> {
  const client = new ConclaveClient(url);
  const end = Date.now() + withinMs;
  let last: unknown;
  for (let connections = 1; Date.now() < end; connections++) {
    try {
      const answer = await client.chat(body, { headers: { 'idempotency-key': key }, signal: AbortSignal.timeout(end - Date.now()) });
      if (isFinal(answer)) return { ...answer, connections };
      last = `${answer.status} ${answer.text}`;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`No answer within ${withinMs} ms`, { cause: last });
}

/** An answer, or an error that a repetition would not change. A 200 that broke off, or tells of an engine that is away, is neither. */
function isFinal(answer: WireAnswer): boolean {
  if (answer.status === 200) return answer.json?.choices !== undefined || (answer.json?.error !== undefined && answer.json.error.code !== 'unavailable');
  return answer.status < 500 || answer.headers.get('x-should-retry') === 'false';
}
