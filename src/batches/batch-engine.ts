import { Inject, Injectable } from '@nestjs/common';
import { batchProgressQueryName, type BatchProgress, type BatchWorkflowInput, type SwitchModeSignal } from '../../workflows/messages/batch-messages.js';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { batchWorkflowId, retryFailedItems, startBatch, type BatchAppearance } from '../temporal/start-batch.js';
import { TemporalService } from '../temporal/temporal.service.js';
import type { BatchRow } from './batches.store.js';

/** What starting a batch's workflow takes. */
export type StartableBatch = Pick<BatchRow, 'id' | 'interface' | 'mode' | 'defaults'> & { itemCount?: number | null };

const queryMs = 1_000;

/** Workflows of batches as the api handles them. */
@Injectable()
export class BatchEngine {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly temporal: TemporalService,
  ) {}

  /** Starts the workflow of a batch that has its row; a running one is left alone. Throws what the client throws where Temporal is away. */
  start(batch: StartableBatch): Promise<void> {
    return this.temporal.within(() => startBatch(this.temporal.client, this.input(batch), appearanceOf(batch)));
  }

  /** As `start`, with a 503 where Temporal is away. */
  startSoon(batch: StartableBatch): Promise<void> {
    return this.temporal.orUnavailable(() => startBatch(this.temporal.client, this.input(batch), appearanceOf(batch)));
  }

  /** Has the failed items of a batch tried again, whether it runs or is over. Throws a 503 where Temporal is away. */
  retryFailed(batch: StartableBatch): Promise<void> {
    return this.temporal.orUnavailable(() => retryFailedItems(this.temporal.client, this.input(batch), appearanceOf(batch)));
  }

  /** Sends a signal; false where no workflow runs that could take it. Throws a 503 where Temporal is away. */
  signal(batchId: string, name: string, argument?: SwitchModeSignal): Promise<boolean> {
    return this.temporal.signal(batchWorkflowId(batchId), name, ...(argument ? [argument] : []));
  }

  /** When a pause of the batch ends by itself, as an ISO time; null: not, or nobody could say. */
  async resumesAt(batchId: string): Promise<string | null> {
    try {
      const progress = await this.temporal.within(() => this.temporal.client.workflow.getHandle(batchWorkflowId(batchId)).query<BatchProgress>(batchProgressQueryName), queryMs);
      return progress.resumesAt;
    } catch {
      return null;
    }
  }

  /** The state of the batch's workflow, as Temporal names it; null: it has none. */
  status(batchId: string): Promise<string | null> {
    return this.temporal.status(batchWorkflowId(batchId));
  }

  private input({ id }: StartableBatch): BatchWorkflowInput {
    return { batchId: id, policy: this.config.policy };
  }
}

function appearanceOf({ interface: wire, mode, defaults, itemCount }: StartableBatch): BatchAppearance {
  const items = itemCount == null ? 'batch' : `${String(itemCount)} items`;
  return { summary: `${items} · ${defaults.model ?? wire} · ${mode}`, attributes: defaults.model === null ? {} : { ConclaveModel: defaults.model } };
}
