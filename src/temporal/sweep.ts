import { Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

/** Rows looked after in one go; the next go continues where this one stopped. */
const sweepSize = 100;

/** Looks, again and again, after rows that have not ended: a row without workflow is to be started, a workflow that ended without ending its row to be recorded. */
export abstract class Sweep<Row extends { createdAt: Date }> implements OnModuleInit, OnModuleDestroy {
  protected readonly logger: Logger;
  private timer: NodeJS.Timeout | null = null;
  private after = new Date(0);
  private closed = false;

  /** `subject` is what it looks after, in the plural and with a capital. */
  constructor(private readonly subject: string, private readonly timings: { sweepMs: number; sweepAgeMs: number }) {
    this.logger = new Logger(subject);
  }

  onModuleInit(): void {
    this.schedule();
  }

  onModuleDestroy(): void {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
  }

  /** Rows that have not ended, made after `after` and longer ago than `olderThanMs`, oldest first. */
  protected abstract active(after: Date, olderThanMs: number, limit: number): Promise<Row[]>;

  /** Does for one row what nobody did. What it throws ends the round. */
  protected abstract lookAfter(row: Row): Promise<void>;

  /** One round; errors end it, and the next round tries again. */
  async sweep(): Promise<void> {
    const active = await this.active(this.after, this.timings.sweepAgeMs, sweepSize);
    this.after = active.length === sweepSize ? (active.at(-1)?.createdAt ?? new Date(0)) : new Date(0);
    for (const row of active) {
      if (this.closed) return;
      await this.lookAfter(row);
    }
  }

  private schedule(): void {
    // Apart by up to a fifth, so that many apis do not sweep in step.
    this.timer = setTimeout(() => void this.round(), this.timings.sweepMs * (0.9 + Math.random() * 0.2));
  }

  private async round(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      this.logger.warn(`${this.subject} could not be looked after: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (!this.closed) this.schedule();
  }
}
