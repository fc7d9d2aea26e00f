/** Why a call was ended by us: `call` – its whole time is over; `silence` – a stream stood still. */
export type DeadlineReason = 'call' | 'silence';

/** Longest pause of a stream, the one before its first part included. A reasoning model may think that long without a word. */
export const defaultSilenceMs = 120_000;

/** Ends a call by its signal when its time is over, when a stream goes silent, or when the caller gives up. Always `stop()` it. */
export class CallDeadline {
  private readonly controller = new AbortController();
  private readonly whole: NodeJS.Timeout;
  private readonly silence: NodeJS.Timeout | null;
  private reason: DeadlineReason | null = null;
  private readonly giveUp = () => this.controller.abort(this.outer.reason);

  constructor(private readonly outer: AbortSignal, timeoutMs: number, silenceMs: number | null) {
    this.whole = setTimeout(() => this.expire('call'), timeoutMs);
    this.silence = silenceMs === null || silenceMs >= timeoutMs ? null : setTimeout(() => this.expire('silence'), silenceMs);
    outer.addEventListener('abort', this.giveUp, { once: true });
    if (outer.aborted) this.giveUp();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Which of our own limits ended the call; null: none did. */
  get expired(): DeadlineReason | null {
    return this.reason;
  }

  /** Something arrived: the silence starts anew. */
  heard(): void {
    this.silence?.refresh();
  }

  stop(): void {
    clearTimeout(this.whole);
    if (this.silence !== null) clearTimeout(this.silence);
    this.outer.removeEventListener('abort', this.giveUp);
  }

  private expire(reason: DeadlineReason): void {
    this.reason = reason;
    this.controller.abort();
  }
}
