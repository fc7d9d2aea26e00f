import { setTimeout as wait } from 'node:timers/promises';
import { callEvent, doneEvent, type EventCursor } from './completion-events.js';
import type { TracesStore } from './traces.store.js';

const pollMs = 250;
const keepAliveMs = 10_000;

/** What the stream needs: the rows, and when to stop. */
export interface EventStreamSource {
  store: Pick<TracesStore, 'callsOf' | 'status'>;
  completionId: string;
  caller: string | null;
  cursor: EventCursor;
  /** Aborted when the reader is gone or the process ends. */
  signal: AbortSignal;
}

/**
 * Yields the frames of a completion's events: each call as it is recorded, then `done`. Reads the rows again and again,
 * so it works the same for running and finished completions and misses nothing after a lost connection.
 */
export async function* completionEventStream({ store, completionId, caller, cursor, signal }: EventStreamSource): AsyncGenerator<string> {
  yield ': events\n\n';
  // Ids are drawn before rows are visible, so a smaller one may appear after a larger one: what was sent is remembered, not only the largest.
  const sent = new Set<string>();
  let lastId = cursor.afterId;
  let quietMs = 0;
  while (!signal.aborted) {
    // Status first: what is recorded before the end is read after it.
    const status = await store.status(completionId, caller);
    const calls = (await store.callsOf(completionId, cursor.afterId)).filter((call) => !sent.has(call.id));
    for (const call of calls) {
      sent.add(call.id);
      if (BigInt(call.id) > BigInt(lastId)) lastId = call.id;
      yield callEvent(call);
    }
    if (status !== 'running') {
      if (status !== null) yield doneEvent({ id: completionId, status }, lastId);
      return;
    }
    quietMs = calls.length > 0 ? 0 : quietMs + pollMs;
    if (quietMs >= keepAliveMs) {
      quietMs = 0;
      yield ': keep-alive\n\n';
    }
    await wait(pollMs, undefined, { signal }).catch(() => undefined);
  }
}
