/** Longest between two looks of whoever stands first, where nothing woke it: places that other workers free are not announced. */
const longestLookMs = 1_000;
const shortestLookMs = 20;

/** Why there was no place, and how long it will be until there may be one. `isSure`: it can't be sooner. */
export interface Blocked<Reason> {
  reason: Reason;
  waitMs: number;
  isSure: boolean;
}
export type Attempt<Place, Reason> = { ok: true; place: Place } | { ok: false; blocked: Blocked<Reason> };

export interface WaiterOptions {
  /** Goes before those who are not. */
  urgent: boolean;
  /** Milliseconds since the epoch. */
  giveUpAt: number;
  signal: AbortSignal;
}

interface Waiter<Request, Place, Reason> extends WaiterOptions {
  request: Request;
  /** By what; null: nobody has looked yet. */
  blocked: Blocked<Reason> | null;
  settle(outcome: { place: Place } | { error: unknown }): void;
}

interface LineParts<Request, Place, Reason> {
  /** Tries once. What it throws ends the wait of the one it tried for. */
  attempt(request: Request): Promise<Attempt<Place, Reason>>;
  /** What ends a wait that was too long. */
  refusal(request: Request, blocked: Blocked<Reason> | null): Error;
  /** A place whose waiter left while it was taken. */
  giveBack(place: Place): void;
}

/** Those who wait for the same place in this process, in order, urgent ones first. Only the first asks; whoever comes while nobody waits asks at once. */
export class WaitingLine<Request, Place, Reason> {
  private readonly waiting: Waiter<Request, Place, Reason>[] = [];
  private isServing = false;
  private rouse: (() => void) | null = null;

  constructor(private readonly parts: LineParts<Request, Place, Reason>) {}

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** A place; rejects with the signal's reason, with a refusal once it would come too late, or with what an attempt threw. */
  async enter(request: Request, options: WaiterOptions): Promise<Place> {
    options.signal.throwIfAborted();
    const nobodyBefore = this.waiting.every((waiter) => options.urgent && !waiter.urgent);
    const first = nobodyBefore ? await this.parts.attempt(request) : null;
    if (first?.ok) return first.place;
    return this.wait(request, options, first?.blocked ?? this.waiting.at(-1)?.blocked ?? null);
  }

  /** Something may have become free. */
  wake(): void {
    this.rouse?.();
  }

  private wait(request: Request, options: WaiterOptions, blocked: Blocked<Reason> | null): Promise<Place> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        options.signal.removeEventListener('abort', onAbort);
        const index = this.waiting.indexOf(waiter);
        if (index !== -1) this.waiting.splice(index, 1);
      };
      const waiter: Waiter<Request, Place, Reason> = {
        ...options,
        request,
        blocked,
        settle: (outcome) => {
          leave();
          if ('place' in outcome) resolve(outcome.place);
          // A signal's own reason goes on as it is.
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
          else reject(outcome.error);
        },
      };
      const end = (error: unknown): void => {
        waiter.settle({ error });
        this.wake();
      };
      const onAbort = (): void => end(options.signal.reason);
      const timer = setTimeout(() => end(this.parts.refusal(request, waiter.blocked)), Math.max(0, options.giveUpAt - Date.now()));
      options.signal.addEventListener('abort', onAbort, { once: true });
      if (options.signal.aborted) return onAbort();
      this.insert(waiter);
      if (this.waiting[0] === waiter) this.wake();
      void this.serve(blocked === null || isTooLate(blocked, waiter) ? 0 : blocked.waitMs);
    });
  }

  private insert(waiter: Waiter<Request, Place, Reason>): void {
    const index = waiter.urgent ? this.waiting.findIndex((other) => !other.urgent) : -1;
    this.waiting.splice(index === -1 ? this.waiting.length : index, 0, waiter);
  }

  private async serve(firstWaitMs: number): Promise<void> {
    if (this.isServing) return;
    this.isServing = true;
    await this.pause(firstWaitMs);
    for (let waiter = this.waiting[0]; waiter !== undefined; waiter = this.waiting[0]) {
      const waitMs = await this.serveFirst(waiter);
      if (waitMs !== null) await this.pause(waitMs);
    }
    this.isServing = false;
  }

  // Milliseconds until the next look is worth it; null: the next one's turn.
  private async serveFirst(waiter: Waiter<Request, Place, Reason>): Promise<number | null> {
    let attempt: Attempt<Place, Reason>;
    try {
      attempt = await this.parts.attempt(waiter.request);
    } catch (error) {
      waiter.settle({ error });
      return null;
    }
    if (!this.waiting.includes(waiter)) {
      if (attempt.ok) this.parts.giveBack(attempt.place);
      return null;
    }
    if (attempt.ok) {
      waiter.settle({ place: attempt.place });
      return null;
    }
    waiter.blocked = attempt.blocked;
    if (isTooLate(attempt.blocked, waiter)) {
      waiter.settle({ error: this.parts.refusal(waiter.request, attempt.blocked) });
      return null;
    }
    return attempt.blocked.waitMs;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.rouse = null;
        resolve();
      };
      const timer = setTimeout(end, Math.min(Math.max(ms, shortestLookMs), longestLookMs));
      this.rouse = end;
    });
  }
}

function isTooLate({ isSure, waitMs }: Blocked<unknown>, { giveUpAt }: WaiterOptions): boolean {
  return isSure && Date.now() + waitMs > giveUpAt;
}
