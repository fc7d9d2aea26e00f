import { Context } from '@temporalio/activity';
import { withHeartbeats } from './heartbeats.js';

/** Places that activities share which hold much in memory. */
export class Places {
  private waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async take(): Promise<void> {
    if (this.free > 0) {
      this.free--;
      return;
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.free++;
  }
}

/** The same activities, never more of them at once than there are places; those that wait say that they live. */
export function fewAtOnce<Activities extends object>(places: Places, activities: Activities): Activities {
  const limited = Object.entries(activities).map(([name, activity]) => [name, (...args: unknown[]) => within(places, activity as (...args: unknown[]) => Promise<unknown>, args)] as const);
  // The same names with the same signatures.
  return Object.fromEntries(limited) as Activities;
}

async function within(places: Places, activity: (...args: unknown[]) => Promise<unknown>, args: unknown[]): Promise<unknown> {
  await withHeartbeats(Context.current(), places.take());
  try {
    return await activity(...args);
  } finally {
    places.leave();
  }
}
