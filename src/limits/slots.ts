import { randomUUID } from 'node:crypto';
import type { Insurance } from './insurance.js';
import type { ProviderLimitsStore } from './provider-limits.store.js';

/** A dead worker's places are free after this; a living one prolongs its own three times as often. */
const leaseMs = 30_000;
const prolongEveryMs = 10_000;
/** Places may be lost with a crash of Postgres, so a worker that finds none makes them again, not more often than this. */
const makeEveryMs = 5_000;

/** A place for a call under way; `free` it once. */
export interface Slot {
  free(): void;
}

interface Making {
  at: number;
  isDone: boolean;
  done: Promise<void>;
}

/** Places for calls under way, shared by all workers as leases in Postgres; counted in this process while Postgres is away. */
export class Slots {
  private readonly held = new Set<string>();
  private readonly made = new Map<string, Making>();
  private readonly alone = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly store: ProviderLimitsStore,
    private readonly insurance: Insurance,
  ) {}

  /** A place among the first `limit` of a scope; null: all are taken. */
  take(scope: string, limit: number): Promise<Slot | null> {
    return this.insurance.run(
      () => this.takeShared(scope, limit),
      () => this.takeAlone(scope, limit),
      (late) => late?.free(),
    );
  }

  close(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  private async takeShared(scope: string, limit: number): Promise<Slot | null> {
    const lease = randomUUID();
    const take = () => this.store.takeSlot({ scope, limit, lease, leaseMs });
    const slot = (await take()) ?? ((await this.haveMade(scope, limit)) ? await take() : null);
    if (slot === null) return null;
    this.hold(lease);
    return {
      free: () => {
        this.held.delete(lease);
        // Where that fails the lease lapses.
        this.store.freeSlot({ scope, slot, lease }).catch(() => undefined);
      },
    };
  }

  // Many may find no place at the same moment: one makes them, all wait for it. False where they have been made.
  private async haveMade(scope: string, limit: number): Promise<boolean> {
    const key = `${scope} ${String(limit)}`;
    const before = this.made.get(key);
    const isRecent = before !== undefined && Date.now() - before.at < makeEveryMs;
    if (isRecent && before.isDone) return false;
    const making = isRecent ? before : this.make(scope, limit);
    this.made.set(key, making);
    await making.done;
    return true;
  }

  private make(scope: string, limit: number): Making {
    const making: Making = { at: Date.now(), isDone: false, done: this.store.makeSlots(scope, limit) };
    const end = (): void => {
      making.isDone = true;
    };
    making.done.then(end, end);
    return making;
  }

  private takeAlone(scope: string, limit: number): Slot | null {
    const taken = this.alone.get(scope) ?? 0;
    if (taken >= limit) return null;
    this.alone.set(scope, taken + 1);
    return { free: () => this.alone.set(scope, (this.alone.get(scope) ?? 1) - 1) };
  }

  private hold(lease: string): void {
    this.held.add(lease);
    this.timer ??= setInterval(() => {
      if (this.held.size > 0) this.store.prolongSlots([...this.held], leaseMs).catch(() => undefined);
    }, prolongEveryMs).unref();
  }
}
