import { Inject, Injectable } from '@nestjs/common';
import { isFinal } from '../../domain/batches/batch-status.js';
import { batchSignals } from '../../workflows/messages/batch-messages.js';
import { wireTimings } from '../completions/wire-timings.js';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { isEngineAway } from '../temporal/is-engine-away.js';
import { Sweep } from '../temporal/sweep.js';
import { BatchEngine, type StartableBatch } from './batch-engine.js';
import { BatchesStore, type ActiveBatch } from './batches.store.js';

/** Looks after batches that nobody carries out: a row without workflow is started; one that can't be, or whose workflow ended without ending it, fails, unless it is to be canceled. */
@Injectable()
export class BatchSweep extends Sweep<ActiveBatch> {
  constructor(
    @Inject(CONFIG) config: Config,
    private readonly store: BatchesStore,
    private readonly engine: BatchEngine,
  ) {
    super('Batches', wireTimings[config.policy]);
  }

  protected active(after: Date, olderThanMs: number, limit: number): Promise<ActiveBatch[]> {
    return this.store.active(after, olderThanMs, limit);
  }

  protected async lookAfter(batch: ActiveBatch): Promise<void> {
    const { id } = batch;
    const status = await this.engine.status(id);
    // One that completed belongs to an earlier state of the database, which was restored since. A cancellation takes a workflow to reach the providers, whoever ended the one before.
    if (status === null || status === 'COMPLETED' || (status === 'TERMINATED' && batch.cancelRequestedAt)) await this.startLate(batch);
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
