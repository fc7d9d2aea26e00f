import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { emptyPublishState, publishStep, splitPiece } from './publish-text-data.js';
import type { Piece, PublishEvent, PublishState } from './publish-text-data.js';

function run(events: { at: number; event: PublishEvent }[]): { notified: (Piece & { at: number })[]; rows: (Piece & { at: number })[] } {
  let state: PublishState = emptyPublishState;
  const notified: (Piece & { at: number })[] = [];
  const rows: (Piece & { at: number })[] = [];
  for (const { at, event } of events) {
    const step = publishStep(state, event, at);
    ({ state } = step);
    if (step.notify) notified.push({ ...step.notify, at });
    if (step.row) rows.push({ ...step.row, at });
  }
  return { notified, rows };
}

const text = (value: string): PublishEvent => ({ type: 'text', text: value });

describe('publishStep', () => {
  it('tells and stores the first piece at once', () => {
    expect(publishStep(emptyPublishState, text('Hello'), 1_000)).toMatchObject({ notify: { offset: 0, text: 'Hello' }, row: { offset: 0, text: 'Hello' }, tickInMs: null });
  });

  it('collects what comes within 30 ms and asks to be woken', () => {
    const first = publishStep(emptyPublishState, text('a'), 0);
    const second = publishStep(first.state, text('b'), 10);
    expect(second).toMatchObject({ notify: null, tickInMs: 20 });
    expect(publishStep(second.state, { type: 'tick' }, 30).notify).toEqual({ offset: 1, text: 'b' });
  });

  it('stores rows at least 250 ms apart, gapless', () => {
    const { rows } = run(Array.from({ length: 20 }, (_, index) => ({ at: index * 50, event: text(String(index % 10)) })));
    expect(rows.map((row) => row.at)).toEqual([0, 250, 500, 750]);
    expect(rows.map((row) => row.text).join('')).toBe('0123456789012345');
    expect(rows.map((row) => row.offset)).toEqual([0, 1, 6, 11]);
  });

  it('tells everything at the end and stores nothing then', () => {
    const first = publishStep(emptyPublishState, text('a'), 0);
    const second = publishStep(first.state, text('bc'), 10);
    expect(publishStep(second.state, { type: 'end' }, 11)).toMatchObject({ notify: { offset: 1, text: 'bc' }, row: null, tickInMs: null });
  });

  it('keeps surrogate pairs together', () => {
    const [high, low] = ['\ud83d', '\ude00'];
    const first = publishStep(emptyPublishState, text(`a${high}`), 0);
    expect(first.notify).toEqual({ offset: 0, text: 'a' });
    expect(publishStep(first.state, text(low), 40).notify).toEqual({ offset: 1, text: '😀' });
  });

  it('tells every text exactly once, in order, whatever the timing', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ pause: fc.nat(300), piece: fc.string({ minLength: 1, unit: 'binary' }) }), { minLength: 1 }), (pieces) => {
        let at = 0;
        const events = pieces.map(({ pause, piece }) => ({ at: (at += pause), event: text(piece) }));
        const { notified } = run([...events, { at, event: { type: 'end' } }]);
        const whole = pieces.map(({ piece }) => piece).join('');
        expect(notified.map((piece) => piece.text).join('')).toBe(whole);
        for (const piece of notified) expect(whole.slice(piece.offset, piece.offset + piece.text.length)).toBe(piece.text);
      }),
    );
  });
});

describe('splitPiece', () => {
  it('cuts between code points and keeps offsets', () => {
    expect(splitPiece({ offset: 5, text: 'a😀b' }, 4)).toEqual([
      { offset: 5, text: 'a' },
      { offset: 6, text: '😀' },
      { offset: 8, text: 'b' },
    ]);
  });

  it('never exceeds the limit in JSON bytes and loses nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 6, max: 60 }), (value, limit) => {
        const parts = splitPiece({ offset: 0, text: value }, limit);
        expect(parts.map((part) => part.text).join('')).toBe(value);
        for (const part of parts) expect(Buffer.byteLength(JSON.stringify(part.text)) - 2).toBeLessThanOrEqual(limit);
      }),
    );
  });
});
