import { describe, expect, it } from '@jest/globals';
import type { StoredPiece } from './completions.store.js';
import { emptyStreamText, hasGap, takeFinal, takePiece, type StreamTextState } from './stream-text.js';

const piece = (offset: number, text: string, attempt = 1): StoredPiece => ({ attempt, offset, text });

function play(pieces: StoredPiece[]): { sent: string[]; state: StreamTextState; conflict: boolean } {
  let state = emptyStreamText;
  const sent: string[] = [];
  for (const each of pieces) {
    const step = takePiece(state, each);
    if (!step.ok) return { sent, state, conflict: true };
    ({ state } = step);
    sent.push(step.send);
  }
  return { sent, state, conflict: false };
}

describe('takePiece', () => {
  it('sends pieces in order as they come', () => {
    expect(play([piece(0, 'Hel'), piece(3, 'lo')]).sent).toEqual(['Hel', 'lo']);
  });

  it('holds back what lies beyond a gap until the gap is filled', () => {
    const held = play([piece(0, 'Hel'), piece(5, ' you')]);
    expect(held.sent).toEqual(['Hel', '']);
    expect(hasGap(held.state)).toBe(true);
    const filled = play([piece(0, 'Hel'), piece(5, ' you'), piece(3, 'lo')]);
    expect(filled.sent).toEqual(['Hel', '', 'lo you']);
    expect(hasGap(filled.state)).toBe(false);
  });

  it('sends nothing twice when rows and notifications overlap', () => {
    expect(play([piece(0, 'Hello'), piece(0, 'Hello'), piece(3, 'lo you'), piece(1, 'el')]).sent).toEqual(['Hello', '', ' you', '']);
  });

  it('joins late: a first piece in mid-text waits for the rows', () => {
    const late = play([piece(5, ' you')]);
    expect(late.sent).toEqual(['']);
    expect(hasGap(late.state)).toBe(true);
  });

  it("takes a later attempt's text only while nothing was sent", () => {
    expect(play([piece(3, 'lo', 1), piece(0, 'Bye', 2)]).sent).toEqual(['', 'Bye']);
    expect(play([piece(0, 'Hello', 1), piece(0, 'Hello', 2)]).conflict).toBe(true);
  });

  it('leaves aside what an earlier attempt still says', () => {
    expect(play([piece(0, 'Bye', 2), piece(0, 'Hello', 1)]).sent).toEqual(['Bye', '']);
  });

  it('notices another text under the same number', () => {
    expect(play([piece(0, 'Hello'), piece(0, 'Howdy')]).conflict).toBe(true);
  });
});

describe('takeFinal', () => {
  const after = (sent: string): StreamTextState => ({ attempt: 1, sent, pending: [piece(90, 'x')] });

  it('sends what is missing', () => {
    expect(takeFinal(after('Hel'), 'Hello')).toMatchObject({ ok: true, send: 'lo', state: { pending: [] } });
    expect(takeFinal(emptyStreamText, 'Hello')).toMatchObject({ ok: true, send: 'Hello' });
  });

  it('forgives white space that a strategy trimmed', () => {
    expect(takeFinal(after('Hello\n'), 'Hello')).toMatchObject({ ok: true, send: '' });
    expect(takeFinal(after('\n\nHel'), 'Hello')).toMatchObject({ ok: true, send: 'lo' });
  });

  it('is a conflict when the answer is another text', () => {
    expect(takeFinal(after('Hello'), 'Goodbye')).toEqual({ ok: false, conflict: true });
  });
});
