import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { isFinal } from '../../domain/batches/batch-status.js';
import { batchSignals } from '../../workflows/messages/batch-messages.js';
import { isEngineAway } from '../completions/completion-starter.js';
import { wireTimings, type WireTimings } from '../completions/wire-timings.js';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { BatchEngine, type StartableBatch } from './batch-engine.js';
import { BatchesStore, type BatchRow } from './batches.store.js';

/** Batches looked after in one go; the next go continues where this one stopped. */
const sweepSize = 100;

/** Looks after batches that nobody carries out: a row without workflow is started; one that can't be, or whose workflow ended without ending it, fails. */
@Injectable()
export class BatchSweep implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Batches');
  private readonly timings: WireTimings;
  private timer: NodeJS.Timeout | null = null;
  private after = new Date(0);
  private closed = false;

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly store: BatchesStore,
    private readonly engine: BatchEngine,
  ) {
    this.timings = wireTimings[config.policy];
  }

  onModuleInit(): void {
    this.schedule();
  }

  onModuleDestroy(): void {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
  }

  /** One round; errors end it, and the next round tries again. */
  async sweep(): Promise<void> {
    const active = await this.store.active(this.after, this.timings.sweepAgeMs, sweepSize);
    this.after = active.length === sweepSize ? (active.at(-1)?.createdAt ?? new Date(0)) : new Date(0);
    for (const batch of active) {
      if (this.closed) return;
      await this.lookAfter(batch);
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
      this.logger.warn(`Batches could not be looked after: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (!this.closed) this.schedule();
  }

  private async lookAfter(batch: StartableBatch & Pick<BatchRow, 'status' | 'cancelRequestedAt'>): Promise<void> {
    const { id } = batch;
    const status = await this.engine.status(id);
    // One that completed belongs to an earlier state of the database, which was restored since.
    if (status === null || status === 'COMPLETED') await this.startLate(batch);
    // Its mark was set and the signal lost; a batch that stands still would not look at it by itself.
    else if (status === 'RUNNING' && batch.status === 'paused' && batch.cancelRequestedAt) await this.engine.signal(id, batchSignals.cancel);
    else if (status !== 'RUNNING' && status !== 'CONTINUED_AS_NEW') await this.fail(id, `The workflow ended (${status.toLowerCase()}) without ending the batch.`);
  }

  private async startLate(batch: StartableBatch): Promise<void> {
    const { id } = batch;
    try {
      // It may have ended between the two looks, by its own hand.
      const now = await this.store.find(id);
      if (!now || isFinal(now.status)) return;
      await this.engine.start(batch);
      this.logger.log(`Batch ${id} had no workflow; started it.`);
    } catch (error) {
      if (isEngineAway(error)) throw error;
      await this.fail(id, `The workflow could not be started: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private async fail(id: string, message: string): Promise<void> {
    const now = await this.store.find(id);
    // It may have ended in this moment, by its own hand.
    if (!now || isFinal(now.status)) return;
    const reason = { code: 'internal', message };
    const status = now.cancelRequestedAt ? 'canceled' : 'failed';
    await this.store.settleItems(id, status, reason);
    await this.store.finish(id, { status, reason, outputFileId: now.outputFileId, errorFileId: now.errorFileId });
    this.logger.warn(`Batch ${id}: ${message} Recorded as ${status}.`);
  }
}
