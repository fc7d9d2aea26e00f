/** Shorter ones happen to a busy process on a busy machine. */
const leastMs = 3_000;
/** Heartbeats are sent no more often than every four fifths of their time-out: of a process that stands still longer than the rest, Temporal may believe that it is dead. */
const share = 0.2;

/**
 * Notices that this process stood still: it was stopped, or the machine slept. Temporal may have given its work to another attempt meanwhile, which a heartbeat tells only a moment after
 * the work has gone on. To be asked all the time, for it knows only when it was asked last. By the wall clock, because others do not count the sleep of a machine; one that is set forward looks like a standstill.
 */
export class Standstill {
  private seenAt = Date.now();
  private happened = false;

  constructor(private readonly heartbeatMs: number) {}

  /** Whether the process has stood still since this was made. Whoever begins something asks first: after a standstill timers are not always the first to run. */
  hasHappened(): boolean {
    const now = Date.now();
    if (now - this.seenAt > Math.max(leastMs, this.heartbeatMs * share)) this.happened = true;
    this.seenAt = now;
    return this.happened;
  }
}
