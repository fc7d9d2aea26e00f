import { CancellationScope, sleep } from '@temporalio/workflow';

interface Wait {
  resolve: () => void;
  /** Null while pending calls stand in for a timer. */
  timer: { cancel: () => void } | null;
}

/**
 * The timers of one panel. A wait until the deadline, which every stage has and nearly none reaches, costs no timer (two events and three rows of
 * the server) while a call is pending: each call ends at the deadline by its own time-out, and that wakes the strategy. Only when no call is left
 * does such a wait get a timer of its own, so nothing waits for ever.
 */
export class CompletionClock {
  private pendingCalls = 0;
  private readonly deadlineWaits = new Set<Wait>();

  constructor(private readonly deadlineAt: number) {}

  /** Counts `call` as pending until it settles. */
  async during<Result>(call: Promise<Result>): Promise<Result> {
    this.pendingCalls++;
    try {
      return await call;
    } finally {
      this.pendingCalls--;
      this.armWhereNobodyElseWakes();
    }
  }

  /** Resolves after `ms`; rejects when cancelled. */
  sleep(ms: number): { done: Promise<void>; cancel(): void } {
    return Date.now() + ms >= this.deadlineAt ? this.untilDeadline() : timer(ms);
  }

  private untilDeadline(): { done: Promise<void>; cancel(): void } {
    const wait: Wait = { resolve: () => undefined, timer: null };
    const done = new Promise<void>((resolve) => {
      wait.resolve = resolve;
    });
    this.deadlineWaits.add(wait);
    // Calls made in the same breath count.
    void Promise.resolve().then(() => {
      this.armWhereNobodyElseWakes();
    });
    return {
      done,
      cancel: () => {
        this.deadlineWaits.delete(wait);
        wait.timer?.cancel();
      },
    };
  }

  private armWhereNobodyElseWakes(): void {
    if (this.pendingCalls > 0) return;
    for (const wait of this.deadlineWaits) {
      if (wait.timer) continue;
      const armed = timer(Math.max(1, this.deadlineAt - Date.now()));
      wait.timer = armed;
      armed.done.then(wait.resolve, () => undefined);
    }
  }
}

function timer(ms: number): { done: Promise<void>; cancel: () => void } {
  const scope = new CancellationScope({ cancellable: true });
  const done = scope.run(() => sleep(ms));
  // A strategy may cancel a timer that nobody awaits any more; unheard, the rejection would fail the workflow task.
  done.catch(() => undefined);
  return {
    done,
    cancel: () => {
      scope.cancel();
    },
  };
}
