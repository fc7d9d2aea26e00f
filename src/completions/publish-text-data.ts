/** Milliseconds between notifications of one stream, and between its stored rows. */
export const notificationPauseMs = 30;
export const rowPauseMs = 250;

/** Text that still has to be told and stored. Offsets count UTF-16 code units from the start of the attempt's text. */
export interface PublishState {
  offset: number;
  pending: string;
  notifiedAt: number | null;
  rowOffset: number;
  rowText: string;
  rowAt: number | null;
}

export type PublishEvent = { type: 'text'; text: string } | { type: 'tick' } | { type: 'end' };

/** A piece of text at its offset. */
export interface Piece {
  offset: number;
  text: string;
}

/** What to do after an event: pieces to notify, a row to store, and in how many milliseconds to come back with a tick (null: not needed). */
export interface PublishStep {
  state: PublishState;
  notify: Piece | null;
  row: Piece | null;
  tickInMs: number | null;
}

export const emptyPublishState: PublishState = { offset: 0, pending: '', notifiedAt: null, rowOffset: 0, rowText: '', rowAt: null };

/**
 * Decides when text leaves: the first piece at once, then at most every 30 ms; rows at least 250 ms apart. At the end all text is told,
 * and no row is written: the completion's own row has it.
 */
export function publishStep(state: PublishState, event: PublishEvent, now: number): PublishStep {
  const pending = event.type === 'text' ? state.pending + event.text : state.pending;
  const dueInMs = state.notifiedAt === null ? 0 : Math.max(0, state.notifiedAt + notificationPauseMs - now);
  // Half a surrogate pair waits for its other half.
  const ready = event.type === 'end' || !endsInsidePair(pending) ? pending : pending.slice(0, -1);
  if (ready === '' || (dueInMs > 0 && event.type !== 'end')) {
    return { state: { ...state, pending }, notify: null, row: null, tickInMs: ready === '' || event.type === 'end' ? null : dueInMs };
  }
  const told = { ...state, offset: state.offset + ready.length, pending: pending.slice(ready.length), notifiedAt: now, rowText: state.rowText + ready };
  const notify = { offset: state.offset, text: ready };
  const rowIsDue = event.type !== 'end' && (state.rowAt === null || now - state.rowAt >= rowPauseMs);
  if (!rowIsDue) return { state: told, notify, row: null, tickInMs: null };
  const row = { offset: told.rowOffset, text: told.rowText };
  return { state: { ...told, rowOffset: told.offset, rowText: '', rowAt: now }, notify, row, tickInMs: null };
}

function endsInsidePair(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}

/**
 * Cuts a piece so that each part, as JSON, has at most `maximumBytes` bytes; cuts fall between code points.
 * @example splitPiece({ offset: 0, text: 'aé' }, 3) // [{ offset: 0, text: 'a' }, { offset: 1, text: 'é' }] (with quotes not counted)
 */
export function splitPiece(piece: Piece, maximumBytes: number): Piece[] {
  if (jsonBytes(piece.text) <= maximumBytes) return [piece];
  const parts: Piece[] = [];
  let text = '';
  let bytes = 0;
  let { offset } = piece;
  for (const character of piece.text) {
    const size = jsonBytes(character);
    if (text !== '' && bytes + size > maximumBytes) {
      parts.push({ offset, text });
      offset += text.length;
      text = '';
      bytes = 0;
    }
    text += character;
    bytes += size;
  }
  parts.push({ offset, text });
  return parts;
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}
