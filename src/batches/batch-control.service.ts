import { Injectable } from '@nestjs/common';
import { batchSignals } from '../../workflows/messages/batch-messages.js';
import { isFinal, type BatchMode } from '../../domain/batches/batch-status.js';
import { ApiError, badRequest } from '../http/api-error.js';
import { BatchEngine } from './batch-engine.js';
import type { ResumeBody } from './batch-queries.dto.js';
import { BatchReadsService } from './batch-reads.service.js';
import { BatchesStore, type BatchRow } from './batches.store.js';
import { BudgetsStore } from '../budgets/budgets.store.js';

/** Asks batches to stop, pause, go on, try again or switch: marks the row where that must be known at once, then signals the workflow, and answers once it shows, or after a moment. */
@Injectable()
export class BatchControlService {
  constructor(
    private readonly reads: BatchReadsService,
    private readonly store: BatchesStore,
    private readonly budgets: BudgetsStore,
    private readonly engine: BatchEngine,
  ) {}

  /** Cancels for good; one that is over stays as it is, unless it failed and left jobs at providers. */
  async cancel(id: string, caller: string): Promise<BatchRow> {
    const batch = await this.reads.find(id, caller);
    // The mark first: it ends realtime calls at once, and the workflow reads it wherever it is.
    if (await this.store.requestCancel(batch.id)) await this.signal(batch, batchSignals.cancel);
    return this.reads.find(id, caller);
  }

  async pause(id: string, caller: string): Promise<BatchRow> {
    const batch = await this.active(id, caller, 'paused');
    await this.signal(batch, batchSignals.pause);
    return this.reads.once(id, caller, ({ status }) => status === 'paused' || isFinal(status));
  }

  /** Goes on after a pause; with a new cap, which must be higher than the present one. */
  async resume(id: string, caller: string, body: ResumeBody): Promise<BatchRow> {
    const batch = await this.active(id, caller, 'resumed');
    if (body?.cost_cap_usd !== undefined) await this.raiseCap(batch, body.cost_cap_usd);
    await this.signal(batch, batchSignals.resume);
    return this.reads.once(id, caller, ({ status }) => status !== 'paused');
  }

  /** Tries the failed items again, in a batch that runs or is over; one that is completed without any stays as it is. */
  async retry(id: string, caller: string): Promise<BatchRow> {
    const batch = await this.reads.find(id, caller);
    if (batch.inputFaults?.length) throw conflict(`Batch '${id}' has a faulty input, so nothing of it can be tried again. Correct the file and make a new batch.`);
    if (batch.status === 'canceled' || batch.cancelRequestedAt) throw conflict(`Batch '${id}' was canceled, which is for good. Make a new batch of what is missing.`);
    const { status, counts } = await this.reads.body(batch);
    if (status === 'completed' && counts.failed === 0) return batch;
    await this.engine.retryFailed(batch);
    return this.reads.once(id, caller, (now) => isOpenAgain(batch, now));
  }

  async switchMode(id: string, caller: string, mode: BatchMode): Promise<BatchRow> {
    const batch = await this.active(id, caller, 'switched');
    await this.signal(batch, batchSignals.switchMode, { mode });
    return this.reads.once(id, caller, (now) => now.mode === mode || now.nextMode === mode || isFinal(now.status));
  }

  private async active(id: string, caller: string, deed: string): Promise<BatchRow> {
    const batch = await this.reads.find(id, caller);
    if (isFinal(batch.status)) throw conflict(`Batch '${id}' is ${batch.status} and can't be ${deed}.`);
    return batch;
  }

  private async raiseCap(batch: BatchRow, usd: number): Promise<void> {
    if (batch.budgetId === null) throw badRequest('cost_cap_usd', `Batch '${batch.id}' has no cap. Leave 'cost_cap_usd' out.`);
    const nanoUsd = Math.round(usd * 1e9);
    if (nanoUsd < (batch.costCapNanoUsd ?? 0)) throw badRequest('cost_cap_usd', `'cost_cap_usd' is ${String(usd)}, below the present cap of ${String((batch.costCapNanoUsd ?? 0) / 1e9)}. A cap can only be raised.`);
    await this.budgets.raise(batch.budgetId, { nanoUsd });
  }

  // A row without workflow gets one: the signal is not lost.
  private async signal(batch: BatchRow, name: string, argument?: { mode: BatchMode }): Promise<void> {
    if (await this.engine.signal(batch.id, name, argument)) return;
    await this.engine.startSoon(batch);
    await this.engine.signal(batch.id, name, argument);
  }
}

/** Whether a batch that was over is not, or has ended a second time. */
function isOpenAgain(before: BatchRow, now: BatchRow): boolean {
  return !isFinal(now.status) || now.finishedAt?.getTime() !== before.finishedAt?.getTime();
}

function conflict(message: string): ApiError {
  return new ApiError({ status: 409, code: 'conflict', message });
}
