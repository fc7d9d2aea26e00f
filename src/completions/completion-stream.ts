import { ApiError, unavailable } from '../http/api-error.js';
import type { AnswerContext } from './conclave-object.js';
import { isCompleted } from './completion-record.js';
import type { FeedEvent } from './completion-feed.js';
import type { BegunCompletion, CompletionsService } from './completions.service.js';
import type { CompletionsStore, StoredPiece } from './completions.store.js';
import { outcomeError } from './outcome-error.js';
import type { ReplyWriter } from './reply-writer.js';
import type { StreamEncoder } from './stream-encoder.js';
import { emptyStreamText, hasGap, takeFinal, takePiece, type StreamTextState, type StreamTextStep } from './stream-text.js';

/** Between looks at the rows for pieces whose notification was lost; rows are stored no more often. */
const gapMs = 250;

/** Writes one completion's stream, event by event. */
export class CompletionStream {
  private text: StreamTextState = emptyStreamText;
  private lookedAt = 0;

  constructor(
    private readonly begun: BegunCompletion,
    private readonly encoder: StreamEncoder,
    private readonly writer: ReplyWriter,
    private readonly store: CompletionsStore,
    private readonly completions: CompletionsService,
  ) {}

  /** Ends when the stream has ended or the client is gone; whatever goes wrong becomes the stream's error. */
  async run(): Promise<void> {
    const { feed } = this.begun;
    this.writer.onGone(() => {
      feed.close();
    });
    try {
      await this.writer.write(this.encoder.start());
      while (!this.writer.isGone) {
        const ended = await this.handle(await feed.next(this.waitMs()));
        if (ended) return;
      }
    } catch (error) {
      await this.fail(error instanceof ApiError ? error : unavailable('The stream can not go on. The completion does: read it by its id.', { completionId: this.begun.id, cause: error }));
    } finally {
      feed.close();
    }
  }

  private async handle(event: FeedEvent): Promise<boolean> {
    switch (event.kind) {
      case 'text':
        await this.take(event);
        return false;
      case 'call':
        await this.writer.write(this.encoder.progress(`${event.stage} ${String(event.memberIndex + 1)}/${String(event.of)} ${event.ok ? 'done' : 'failed'}`));
        return false;
      case 'resync':
        await this.readRows();
        return false;
      case 'done':
        return this.finish();
      case 'shutdown':
        throw unavailable('The server restarts. The completion goes on: repeat the request with the same Idempotency-Key, or read the completion by its id.', { completionId: this.begun.id });
      case 'refused':
        throw event.error;
      case 'tick':
        await this.tick();
        return false;
      default: {
        const never: never = event;
        return never;
      }
    }
  }

  private async take(piece: StoredPiece): Promise<void> {
    // A JSON schema's answer is sent whole: until it is validated nobody knows whether it stays.
    if (this.begun.asked.request.responseFormat?.type === 'json_schema') return;
    await this.apply(takePiece(this.text, piece));
  }

  private async apply(step: StreamTextStep): Promise<void> {
    if (!step.ok) throw this.brokenOff();
    this.text = step.state;
    if (step.send !== '') await this.writer.write(this.encoder.text(step.send));
  }

  private brokenOff(): ApiError {
    return new ApiError({
      status: 502,
      code: 'stream_interrupted',
      message: `The model that was writing this answer failed, and another attempt writes another text. Read the finished answer as completion ${this.begun.id}.`,
      shouldRetry: false,
      completionId: this.begun.id,
    });
  }

  private async finish(): Promise<boolean> {
    const record = await this.completions.outcome(this.begun.id);
    if (!record) return false;
    if (!isCompleted(record)) throw outcomeError(record);
    await this.apply(takeFinal(this.text, record.decision.choices[0]?.text ?? ''));
    const context: AnswerContext = { attached: this.begun.attached, options: this.begun.asked.extensions.options };
    await this.writer.end(this.encoder.finish(record, context));
    return true;
  }

  private async tick(): Promise<void> {
    if (Date.now() > this.begun.deadlineAt.getTime() + this.completions.timings.patienceMs) throw this.overdue();
    if (hasGap(this.text) && Date.now() - this.lookedAt >= gapMs) await this.readRows();
    if (Date.now() - this.writer.lastWriteAt >= this.completions.timings.keepAliveMs) await this.writer.write(this.encoder.keepAlive());
  }

  private overdue(): ApiError {
    return overdueError(this.begun.id);
  }

  private async readRows(): Promise<void> {
    this.lookedAt = Date.now();
    try {
      const pieces = await this.store.streamedText(this.begun.id, this.text.attempt, this.text.sent.length);
      for (const piece of pieces) await this.take(piece);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      // The database is away: the next look, or the finished row, has the text.
    }
  }

  private waitMs(): number {
    const idle = this.writer.lastWriteAt + this.completions.timings.keepAliveMs - Date.now();
    return Math.max(1, hasGap(this.text) ? Math.min(gapMs, idle) : idle);
  }

  private async fail(error: ApiError): Promise<void> {
    await this.writer.end(this.encoder.error(error.facts));
  }
}

/** The outcome did not come although the deadline is long over: no worker runs, or the engine is away. */
export function overdueError(completionId: string): ApiError {
  return new ApiError({
    status: 504,
    code: 'deadline_exceeded',
    message: `The deadline passed and no outcome is recorded yet. Completion ${completionId} ends once a worker and the workflow engine are back; read it by its id.`,
    shouldRetry: false,
    completionId,
  });
}
