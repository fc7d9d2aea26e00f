import { describe, expect, it } from '@jest/globals';
import { WaitingLine } from './waiting-line.js';
import type { Attempt } from './waiting-line.js';

/** A line for `free` places; who gets one, in order. */
function lineFor(free: { places: number; isSure?: boolean; waitMs?: number }) {
  const got: string[] = [];
  const givenBack: string[] = [];
  let attempts = 0;
  const line = new WaitingLine<string, string, string>({
    attempt: (request): Promise<Attempt<string, string>> => {
      attempts += 1;
      if (request === 'faulty') return Promise.reject(new Error('broken'));
      if (free.places === 0) return Promise.resolve({ ok: false, blocked: { reason: 'full', waitMs: free.waitMs ?? 10, isSure: free.isSure ?? false } });
      free.places -= 1;
      got.push(request);
      return Promise.resolve({ ok: true, place: request });
    },
    refusal: (request, blocked) => new Error(`${request}: ${blocked?.reason ?? 'nobody looked'}`),
    giveBack: (place) => givenBack.push(place),
  });
  const enter = (request: string, more: { urgent?: boolean; patienceMs?: number; signal?: AbortSignal } = {}) =>
    line.enter(request, { urgent: more.urgent ?? false, giveUpAt: Date.now() + (more.patienceMs ?? 10_000), signal: more.signal ?? new AbortController().signal });
  return { line, enter, got, givenBack, attempts: () => attempts };
}

const ticks = async (count: number) => {
  for (let index = 0; index < count; index += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('a waiting line', () => {
  it('serves in order, urgent ones first', async () => {
    const free = { places: 0 };
    const { line, enter, got } = lineFor(free);
    const all = [enter('a'), enter('b')];
    await ticks(3);
    all.push(enter('c', { urgent: true }), enter('d', { urgent: true }), enter('e'));
    await ticks(3);
    free.places = 5;
    line.wake();
    await Promise.all(all);
    expect(got).toEqual(['c', 'd', 'a', 'b', 'e']);
    expect(line.isEmpty).toBe(true);
  });

  it('ends a wait with its refusal, at once where it is sure that it would be too long', async () => {
    const patient = lineFor({ places: 0 });
    await expect(patient.enter('a', { patienceMs: 60 })).rejects.toThrow('a: full');
    const startedAt = Date.now();
    await expect(lineFor({ places: 0, isSure: true, waitMs: 60_000 }).enter('b', { patienceMs: 30_000 })).rejects.toThrow('b: full');
    expect(Date.now() - startedAt).toBeLessThan(5_000);
  });

  it('whoever gives up, or whose attempt throws, holds up nobody', async () => {
    const free = { places: 0 };
    const { line, enter } = lineFor(free);
    const giveUp = new AbortController();
    const gone = enter('a', { signal: giveUp.signal }).catch((error: unknown) => error);
    await ticks(2);
    const faulty = enter('faulty').catch((error: unknown) => (error as Error).message);
    const next = enter('b');
    await ticks(2);
    giveUp.abort('enough');
    expect(await gone).toBe('enough');
    expect(await faulty).toBe('broken');
    free.places = 1;
    line.wake();
    expect(await next).toBe('b');
  });

  it('only the first asks: many who wait do not ask together', async () => {
    const free = { places: 1 };
    const { line, enter, attempts } = lineFor(free);
    await enter('first');
    const blocker = enter('second');
    await ticks(3);
    const before = attempts();
    const many = Array.from({ length: 200 }, (_, index) => enter(`many ${String(index)}`));
    await ticks(3);
    expect(attempts() - before).toBeLessThan(5);
    free.places = 500;
    line.wake();
    await Promise.all([blocker, ...many]);
  });
});
