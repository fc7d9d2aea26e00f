import type { StageName } from '../../domain/chat/call.js';
import type { ApiError } from '../http/api-error.js';

/**
 * What a waiting request hears of its completion. `resync`: notifications may have been lost, look at the rows; `tick`: nothing happened
 * within the time asked for; `shutdown`: this process ends, the completion goes on; `refused`: its workflow could not be started.
 */
export type FeedEvent =
  | { kind: 'text'; attempt: number; offset: number; text: string }
  | { kind: 'call'; stage: StageName; memberIndex: number; of: number; ok: boolean }
  | { kind: 'done' }
  | { kind: 'resync' }
  | { kind: 'tick' }
  | { kind: 'shutdown' }
  | { kind: 'refused'; error: ApiError };

/** The events of one completion for one request, in order. */
export class CompletionFeed {
  private readonly events: FeedEvent[] = [];
  private wake: (() => void) | null = null;
  private isDone = false;

  constructor(
    readonly completionId: string,
    private readonly onClose: (feed: CompletionFeed) => void,
  ) {}

  push(event: FeedEvent): void {
    // Notification and poll may both say it.
    if (event.kind === 'done' && this.isDone) return;
    this.isDone ||= event.kind === 'done';
    this.events.push(event);
    this.wake?.();
  }

  /** The next event; a `tick` when none comes within `timeoutMs`. One reader only. */
  async next(timeoutMs: number): Promise<FeedEvent> {
    if (this.events.length === 0) await this.arrival(timeoutMs);
    return this.events.shift() ?? { kind: 'tick' };
  }

  /** Whether an event is there already. */
  get hasNext(): boolean {
    return this.events.length > 0;
  }

  close(): void {
    this.onClose(this);
    this.wake?.();
  }

  private arrival(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.wake = null;
        resolve();
      };
      const timer = setTimeout(end, Math.max(0, timeoutMs));
      this.wake = end;
    });
  }
}
