import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { isFinal } from '../../domain/batches/batch-status.js';
import type { BatchBody } from './batch-response.js';

/** Between two looks: at least so long, and so many times longer than a look takes, so that a large batch is not read all the time. */
const pollMs = 500;
const restFactor = 20;
const keepAliveMs = 10_000;

/** One event: the batch as it is. `id` says what is in it, not when it was made. */
export interface BatchEvent {
  id: string;
  frame: string;
}

/** The event that a state of a batch is; the last one is named `done`, and its id ends in `.done`. */
export function eventOf(batch: BatchBody): BatchEvent {
  // What changes while nothing happens makes no event.
  const lasting = { ...batch, eta_seconds: null, jobs: batch.jobs.map((job) => ({ ...job, age_seconds: 0, poll_count: 0 })) };
  const id = createHash('sha256').update(JSON.stringify(lasting)).digest('hex').slice(0, 16) + (isFinal(batch.status) ? '.done' : '');
  return { id, frame: `id: ${id}\n${isFinal(batch.status) ? 'event: done\n' : ''}data: ${JSON.stringify(batch)}\n\n` };
}

/** What the stream needs: the batch now, the event the reader has, and when to stop. */
export interface BatchEventSource {
  read(): Promise<BatchBody>;
  lastEventId: string | null;
  signal: AbortSignal;
}

/**
 * Yields the batch whenever it differs from what the reader has, and once more as `done` when it is over. As each event is the whole state, a reader that was away gets what it
 * missed with the next one, whatever happened at equal times.
 */
export async function* batchEventStream(source: BatchEventSource): AsyncGenerator<string> {
  yield ': events\n\n';
  const { signal } = source;
  let known = source.lastEventId;
  let quietSince = Date.now();
  while (!signal.aborted) {
    const lookedAt = Date.now();
    const batch = await source.read();
    const event = eventOf(batch);
    if (event.id !== known) {
      known = event.id;
      quietSince = Date.now();
      yield event.frame;
    }
    if (isFinal(batch.status)) return;
    if (Date.now() - quietSince >= keepAliveMs) {
      quietSince = Date.now();
      yield ': keep-alive\n\n';
    }
    await wait(Math.max(pollMs, restFactor * (Date.now() - lookedAt)), undefined, { signal }).catch(() => undefined);
  }
}
