import { completionChannel } from '../../domain/chat/completion-notification.js';
import type { CompletionNotification } from '../../domain/chat/completion-notification.js';
import type { Sql } from '../database/sql.js';
import { emptyPublishState, publishStep, splitPiece } from './publish-text-data.js';
import type { Piece, PublishEvent } from './publish-text-data.js';

/** Bytes of JSON text in one notification: Postgres takes less than 8,000 for the whole payload, and the envelope needs some. */
const notificationTextBytes = 7_600;

/** A stream of one attempt's text to whoever reads the completion. */
export interface TextStream {
  push(text: string): void;
  /** Tells what is left and waits until it is told. Never rejects: notifications are hints. */
  end(): Promise<void>;
}

/** Publishes streamed text by NOTIFY and, for late readers, as rows. `sql` should have `synchronous_commit=off`: losing a row costs nothing. */
export class TextPublisher {
  constructor(private readonly sql: Sql) {}

  open(completionId: string, attempt: number): TextStream {
    let state = emptyPublishState;
    let timer: NodeJS.Timeout | null = null;
    let sending: Promise<void> = Promise.resolve();
    const handle = (event: PublishEvent): void => {
      const step = publishStep(state, event, Date.now());
      ({ state } = step);
      if (timer && step.notify) {
        clearTimeout(timer);
        timer = null;
      }
      const { notify, row } = step;
      if (notify) sending = sending.then(() => this.send(completionId, attempt, notify, row)).catch(() => undefined);
      if (step.tickInMs !== null && !timer) {
        timer = setTimeout(() => {
          timer = null;
          handle({ type: 'tick' });
        }, step.tickInMs);
      }
    };
    return {
      push: (text) => {
        handle({ type: 'text', text });
      },
      end: async () => {
        handle({ type: 'end' });
        if (timer) clearTimeout(timer);
        await sending;
      },
    };
  }

  private async send(completionId: string, attempt: number, piece: Piece, row: Piece | null): Promise<void> {
    const payloads = splitPiece(piece, notificationTextBytes).map((part): CompletionNotification => ({ kind: 'text', completionId, attempt, ...part }));
    for (const payload of payloads) {
      await this.sql.query({ name: 'publish-text', text: 'SELECT pg_notify($1, $2)', values: [completionChannel, JSON.stringify(payload)] });
    }
    if (!row) return;
    await this.sql.query({
      name: 'store-text',
      text: 'INSERT INTO stream_chunks (completion_id, attempt, text_offset, text) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
      values: [completionId, attempt, row.offset, row.text],
    });
  }
}

/**
 * The number under which a call's text is published: another call or another attempt is another text, later ones have higher numbers.
 * `key` is a `callKey`: chain positions (member, sample) count like attempts.
 */
export function streamAttempt(key: string, attempt: number): number {
  const [layer = 0, memberIndex = 0, sample = 0] = key.split('/').slice(-3).map((part) => Number.parseInt(part, 10) || 0);
  return ((layer * 64 + sample) * 64 + memberIndex) * 64 + attempt;
}
