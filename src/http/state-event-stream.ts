import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

/** Between two looks: at least so long, and so many times longer than a look takes, so that a large job is not read all the time. */
const pollMs = 500;
const restFactor = 20;
const keepAliveMs = 10_000;

/** What a stream of states needs: the state now, whether it is the last one, what of it makes an event when it changes, the event the reader has, and when to stop. */
export interface StateSource<State> {
  read(): Promise<State>;
  isOver(state: State): boolean;
  /** The state without what changes while nothing happens, such as ages. */
  lasting(state: State): unknown;
  lastEventId: string | null;
  signal: AbortSignal;
}

/** Id of the event that a state is: says what is in it, not when it was made; the last one ends in `.done`. */
export function stateEventId<State>(source: Pick<StateSource<State>, 'isOver' | 'lasting'>, state: State): string {
  return createHash('sha256').update(JSON.stringify(source.lasting(state))).digest('hex').slice(0, 16) + (source.isOver(state) ? '.done' : '');
}

/**
 * Yields the state whenever it differs from what the reader has, and once more as event `done` when it is over. As each event is the whole state, a reader that was away gets what it missed with the
 * next one, whatever happened at equal times.
 */
export async function* stateEventStream<State>(source: StateSource<State>): AsyncGenerator<string> {
  yield ': events\n\n';
  const { signal } = source;
  let known = source.lastEventId;
  let quietSince = Date.now();
  while (!signal.aborted) {
    const lookedAt = Date.now();
    const state = await source.read();
    const id = stateEventId(source, state);
    if (id !== known) {
      known = id;
      quietSince = Date.now();
      yield `id: ${id}\n${source.isOver(state) ? 'event: done\n' : ''}data: ${JSON.stringify(state)}\n\n`;
    }
    if (source.isOver(state)) return;
    if (Date.now() - quietSince >= keepAliveMs) {
      quietSince = Date.now();
      yield ': keep-alive\n\n';
    }
    await wait(Math.max(pollMs, restFactor * (Date.now() - lookedAt)), undefined, { signal }).catch(() => undefined);
  }
}
