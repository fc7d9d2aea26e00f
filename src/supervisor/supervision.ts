import { failuresInARow, restartDelayMs } from './restart-delay.js';

/** What the supervisor runs; `migrate` is a task that ends, the others are processes that stay. */
export const partNames = ['postgres', 'temporal', 'simulated', 'migrate', 'api', 'worker'] as const;
export type PartName = (typeof partNames)[number];

/** What must have been ready once before a part starts for the first time. Later on parts outlive each other's absence. */
const needs: Record<PartName, readonly PartName[]> = {
  postgres: [],
  temporal: [],
  simulated: [],
  migrate: ['postgres'],
  api: ['migrate', 'temporal', 'simulated'],
  worker: ['migrate', 'temporal', 'simulated'],
};

/** Users of a part stop before it: the worker finishes what it holds first. */
const stopStages: readonly (readonly PartName[])[] = [['worker'], ['api'], ['migrate', 'simulated', 'temporal'], ['postgres']];

/** So many failures of a part before everything was up once mean that a person has to look. */
const failuresToGiveUp = 3;

export interface PartState {
  /** `waiting` for what it needs or for its next try. */
  is: 'waiting' | 'starting' | 'ready' | 'done' | 'stopping' | 'stopped';
  readyAtMs: number | null;
  wasReady: boolean;
  failures: number;
}

export interface Supervision {
  phase: 'running' | 'stopping' | 'stopped';
  parts: Partial<Record<PartName, PartState>>;
  /** Everything was ready once. */
  isAnnounced: boolean;
  /** What made it give up; null: it was asked to stop, or runs. */
  fault: string | null;
}

export type SupervisionEvent =
  | { is: 'begin' }
  | { is: 'ready'; part: PartName; atMs: number }
  | { is: 'finished'; part: PartName }
  /** Did not start, or ended by itself. `isHopeless`: trying again can't help. */
  | { is: 'failed'; part: PartName; atMs: number; reason: string; isHopeless?: boolean }
  | { is: 'retry'; part: PartName }
  | { is: 'stop' }
  | { is: 'stopped'; part: PartName };

export type SupervisionEffect =
  | { do: 'start'; part: PartName }
  | { do: 'retry-later'; part: PartName; delayMs: number }
  | { do: 'stop'; part: PartName }
  | { do: 'announce' }
  | { do: 'exit' };

export interface SupervisionStep {
  state: Supervision;
  effects: SupervisionEffect[];
}

/** The state before anything started, of the parts that this start needs. */
export function beforeSupervision(parts: readonly PartName[]): Supervision {
  const state: PartState = { is: 'waiting', readyAtMs: null, wasReady: false, failures: 0 };
  return { phase: 'running', parts: Object.fromEntries(parts.map((part) => [part, state])), isAnnounced: false, fault: null };
}

/** The next state and what to do about an event. Pure: whoever runs it does the effects and reports back by events. */
export function supervise(state: Supervision, event: SupervisionEvent): SupervisionStep {
  switch (event.is) {
    case 'begin':
      return startWhatCan(state);
    case 'ready':
      return startWhatCan(withPart(state, event.part, (part) => ({ ...part, is: part.is === 'starting' ? 'ready' : part.is, readyAtMs: event.atMs, wasReady: true })));
    case 'finished':
      return startWhatCan(withPart(state, event.part, (part) => ({ ...part, is: 'done', wasReady: true })));
    case 'retry':
      return state.phase === 'running' && state.parts[event.part]?.is === 'waiting' ? start(state, [event.part]) : { state, effects: [] };
    case 'failed':
      return afterFailure(state, event);
    case 'stop':
      return state.phase === 'running' ? stopNext({ ...state, phase: 'stopping' }) : { state, effects: [] };
    case 'stopped':
      return stopNext(withPart(state, event.part, (part) => ({ ...part, is: 'stopped' })));
    default: {
      const never: never = event;
      return never;
    }
  }
}

function afterFailure(state: Supervision, event: Extract<SupervisionEvent, { is: 'failed' }>): SupervisionStep {
  const part = state.parts[event.part];
  if (!part) return { state, effects: [] };
  if (state.phase !== 'running') return stopNext(withPart(state, event.part, () => ({ ...part, is: 'stopped' })));
  const failures = failuresInARow(part.failures, part.readyAtMs === null ? null : event.atMs - part.readyAtMs);
  const next = withPart(state, event.part, () => ({ ...part, is: 'waiting', readyAtMs: null, failures }));
  if (!state.isAnnounced && (event.isHopeless === true || failures >= failuresToGiveUp)) {
    return stopNext({ ...next, phase: 'stopping', fault: `${event.part}: ${event.reason}` });
  }
  return { state: next, effects: [{ do: 'retry-later', part: event.part, delayMs: restartDelayMs(failures) }] };
}

function startWhatCan(state: Supervision): SupervisionStep {
  if (state.phase !== 'running') return { state, effects: [] };
  const startable = partsOf(state).filter(([name, part]) => part.is === 'waiting' && part.failures === 0 && !part.wasReady && needs[name].every((need) => state.parts[need]?.wasReady !== false));
  const step = start(state, startable.map(([name]) => name));
  const isUp = partsOf(step.state).every(([, part]) => part.is === 'ready' || part.is === 'done');
  if (!isUp || state.isAnnounced) return step;
  return { state: { ...step.state, isAnnounced: true }, effects: [...step.effects, { do: 'announce' }] };
}

function start(state: Supervision, parts: readonly PartName[]): SupervisionStep {
  const next = parts.reduce((before, name) => withPart(before, name, (part) => ({ ...part, is: 'starting' })), state);
  return { state: next, effects: parts.map((part) => ({ do: 'start', part })) };
}

/** Stops the first stage that still has something running, or ends. Parts that only wait are stopped at once. */
function stopNext(state: Supervision): SupervisionStep {
  if (state.phase !== 'stopping') return { state, effects: [] };
  for (const stage of stopStages) {
    const present = partsOf(state).filter(([name, part]) => stage.includes(name) && !['waiting', 'done', 'stopped'].includes(part.is));
    if (present.length === 0) continue;
    const stoppable = present.filter(([, part]) => part.is !== 'stopping').map(([name]) => name);
    const next = stoppable.reduce((before, name) => withPart(before, name, (part) => ({ ...part, is: 'stopping' })), state);
    return { state: next, effects: stoppable.map((part) => ({ do: 'stop', part })) };
  }
  return { state: { ...state, phase: 'stopped' }, effects: [{ do: 'exit' }] };
}

function partsOf(state: Supervision): [PartName, PartState][] {
  return partNames.flatMap((name): [PartName, PartState][] => {
    const part = state.parts[name];
    return part ? [[name, part]] : [];
  });
}

function withPart(state: Supervision, name: PartName, change: (part: PartState) => PartState): Supervision {
  const part = state.parts[name];
  return part ? { ...state, parts: { ...state.parts, [name]: change(part) } } : state;
}
