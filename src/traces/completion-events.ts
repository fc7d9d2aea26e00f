import type { CallRow } from './call-row.js';
import { callBody } from './call-response.js';
import type { CompletionRow } from './completion-row.js';

/** Where a reader of events stands: after this call; `isOver`: it has the terminal event as well. */
export interface EventCursor {
  afterId: string;
  isOver: boolean;
}

/**
 * Reads a `Last-Event-ID`; anything else starts from the beginning.
 * @example parseEventId('17.done') // { afterId: '17', isOver: true }
 */
export function parseEventId(lastEventId: string | undefined): EventCursor {
  const match = /^(\d{1,18})(\.done)?$/.exec(lastEventId ?? '');
  return { afterId: match?.[1] ?? '0', isOver: match?.[2] !== undefined };
}

/** The event of a call that ended, in the form of an event stream; its id is where a reader resumes. */
export function callEvent(call: CallRow): string {
  return frame('call', call.id, callBody(call));
}

/** The last event of a completion. */
export function doneEvent(completion: { id: string; status: CompletionRow['status'] }, lastCallId: string): string {
  return frame('done', `${lastCallId}.done`, { completion_id: completion.id, status: completion.status });
}

function frame(event: string, id: string, data: unknown): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
