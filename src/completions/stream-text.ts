import type { StoredPiece } from './completions.store.js';

/** What of a streamed answer has been sent. `attempt` is null before the first text; `pending` holds pieces that lie beyond a gap. */
export interface StreamTextState {
  attempt: number | null;
  sent: string;
  pending: StoredPiece[];
}

/** `send` goes to the client now. `conflict`: what comes now can't follow what was sent, because another call or attempt wrote it. */
export type StreamTextStep = { ok: true; state: StreamTextState; send: string } | { ok: false; conflict: true };

export const emptyStreamText: StreamTextState = { attempt: null, sent: '', pending: [] };

/** Takes in a piece, from a notification or a row, in any order and any number of times. */
export function takePiece(state: StreamTextState, piece: StoredPiece): StreamTextStep {
  if (state.attempt === null || (piece.attempt > state.attempt && state.sent === '')) return absorb({ attempt: piece.attempt, sent: '', pending: [piece] });
  if (piece.attempt > state.attempt) return { ok: false, conflict: true };
  if (piece.attempt < state.attempt) return { ok: true, state, send: '' };
  return absorb({ ...state, pending: [...state.pending, piece] });
}

/** Takes in the whole answer: what is missing of it is sent. */
export function takeFinal(state: StreamTextState, text: string): StreamTextStep {
  const rest = restOf(text, state.sent);
  return rest === null ? { ok: false, conflict: true } : { ok: true, state: { ...state, sent: state.sent + rest, pending: [] }, send: rest };
}

/** Whether pieces wait for others before them: the rows may have those. */
export function hasGap(state: StreamTextState): boolean {
  return state.pending.length > 0;
}

function absorb(state: StreamTextState): StreamTextStep {
  let { sent } = state;
  const pieces = [...state.pending].sort((left, right) => left.offset - right.offset);
  let taken = 0;
  for (const piece of pieces) {
    if (piece.offset > sent.length) break;
    const known = Math.min(sent.length - piece.offset, piece.text.length);
    if (known > 0 && !sent.startsWith(piece.text.slice(0, known), piece.offset)) return { ok: false, conflict: true };
    sent += piece.text.slice(known);
    taken++;
  }
  return { ok: true, state: { ...state, sent, pending: pieces.slice(taken) }, send: sent.slice(state.sent.length) };
}

// Strategies may trim what the model wrote, so white space at the ends is no difference.
function restOf(text: string, sent: string): string | null {
  if (text.startsWith(sent)) return text.slice(sent.length);
  const trimmed = sent.trimStart();
  const whole = text.trimStart();
  if (whole.startsWith(trimmed)) return whole.slice(trimmed.length);
  return whole.trimEnd() === trimmed.trimEnd() ? '' : null;
}
