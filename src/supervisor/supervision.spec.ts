import { describe, expect, it } from '@jest/globals';
import type { PartName, Supervision, SupervisionEffect, SupervisionEvent } from './supervision.js';
import { beforeSupervision, supervise } from './supervision.js';

const everything: PartName[] = ['postgres', 'temporal', 'simulated', 'migrate', 'api', 'worker'];

function play(events: SupervisionEvent[], state: Supervision = beforeSupervision(everything)): { state: Supervision; effects: SupervisionEffect[] } {
  return events.reduce<{ state: Supervision; effects: SupervisionEffect[] }>(({ state: before }, event) => supervise(before, event), { state, effects: [] });
}

const ready = (part: PartName): SupervisionEvent => ({ is: 'ready', part, atMs: 1_000 });
const failed = (part: PartName, atMs = 2_000): SupervisionEvent => ({ is: 'failed', part, atMs, reason: 'exit code 1' });
const up: SupervisionEvent[] = [{ is: 'begin' }, ready('postgres'), { is: 'finished', part: 'migrate' }, ready('simulated'), ready('temporal'), ready('api'), ready('worker')];

describe('supervision', () => {
  it('starts the engines together, and api and worker when all they need is there', () => {
    expect(play([{ is: 'begin' }]).effects).toEqual([{ do: 'start', part: 'postgres' }, { do: 'start', part: 'temporal' }, { do: 'start', part: 'simulated' }]);
    expect(play(up.slice(0, 2)).effects).toEqual([{ do: 'start', part: 'migrate' }]);
    expect(play(up.slice(0, 5)).effects).toEqual([{ do: 'start', part: 'api' }, { do: 'start', part: 'worker' }]);
  });

  it('needs nothing of parts that are not its own', () => {
    expect(play([{ is: 'begin' }], beforeSupervision(['migrate', 'api', 'worker'])).effects).toEqual([{ do: 'start', part: 'migrate' }]);
    expect(play([{ is: 'begin' }, { is: 'finished', part: 'migrate' }], beforeSupervision(['migrate', 'api', 'worker'])).effects).toEqual([
      { do: 'start', part: 'api' },
      { do: 'start', part: 'worker' },
    ]);
  });

  it('announces once, when everything is up', () => {
    expect(play(up).effects).toEqual([{ do: 'announce' }]);
    const again = play([failed('api'), { is: 'retry', part: 'api' }, ready('api')], play(up).state);
    expect(again.effects).toEqual([]);
    expect(again.state.parts.api?.is).toBe('ready');
  });

  it('starts what dies again after a growing pause and leaves the others alone', () => {
    const once = play([failed('postgres')], play(up).state);
    expect(once.effects).toEqual([{ do: 'retry-later', part: 'postgres', delayMs: 250 }]);
    expect(once.state.parts.api?.is).toBe('ready');
    expect(play([{ is: 'retry', part: 'postgres' }], once.state).effects).toEqual([{ do: 'start', part: 'postgres' }]);
    expect(play([{ is: 'retry', part: 'postgres' }, failed('postgres')], once.state).effects).toEqual([{ do: 'retry-later', part: 'postgres', delayMs: 500 }]);
  });

  it('gives up on a part that fails three times before everything was up, but never afterwards', () => {
    const thrice = play([{ is: 'begin' }, failed('temporal'), { is: 'retry', part: 'temporal' }, failed('temporal'), { is: 'retry', part: 'temporal' }, failed('temporal')]);
    expect(thrice.state).toMatchObject({ phase: 'stopping', fault: 'temporal: exit code 1' });
    const many = Array.from({ length: 20 }, (): SupervisionEvent[] => [failed('worker'), { is: 'retry', part: 'worker' }]).flat();
    expect(play(many, play(up).state).state.phase).toBe('running');
  });

  it('gives up at once where another try is hopeless', () => {
    expect(play([{ is: 'begin' }, { is: 'failed', part: 'temporal', atMs: 0, reason: 'no binary', isHopeless: true }]).state.fault).toBe('temporal: no binary');
  });

  it('stops the worker, then the api, then simulated and Temporal, then PostgreSQL, then ends', () => {
    let step = supervise(play(up).state, { is: 'stop' });
    const order: PartName[][] = [];
    while (step.effects[0]?.do === 'stop') {
      const stopping = step.effects.flatMap((effect) => (effect.do === 'stop' ? [effect.part] : []));
      order.push(stopping);
      step = play(stopping.map((part) => ({ is: 'stopped', part })), step.state);
    }
    expect(order).toEqual([['worker'], ['api'], ['temporal', 'simulated'], ['postgres']]);
    expect(step).toMatchObject({ state: { phase: 'stopped', fault: null }, effects: [{ do: 'exit' }] });
  });

  it('starts nothing any more once it stops', () => {
    const stopping = play([{ is: 'begin' }, { is: 'stop' }]);
    expect(play([ready('postgres')], stopping.state).effects).toEqual([]);
    expect(play([{ is: 'retry', part: 'api' }], stopping.state).effects).toEqual([]);
  });
});
