import { Inject, Injectable } from '@nestjs/common';
import { WorkflowNotFoundError } from '@temporalio/client';
import { batchProgressQueryName, type BatchProgress, type BatchWorkflowInput, type SwitchModeSignal } from '../../workflows/messages/batch-messages.js';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { unavailable } from '../http/api-error.js';
import { isEngineAway } from '../completions/completion-starter.js';
import { batchWorkflowId, retryFailedItems, startBatch, type BatchAppearance } from '../temporal/start-batch.js';
import { TemporalService } from '../temporal/temporal.service.js';
import type { BatchRow } from './batches.store.js';

/** What starting a batch's workflow takes. */
export type StartableBatch = Pick<BatchRow, 'id' | 'interface' | 'mode' | 'defaults'> & { itemCount?: number | null };

/** One call to Temporal may take this long. */
const callMs = 4_000;
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
    return this.within(callMs, () => startBatch(this.temporal.client, this.input(batch), appearanceOf(batch)));
  }

  /** As `start`, with a 503 where Temporal is away. */
  startSoon(batch: StartableBatch): Promise<void> {
    return this.orUnavailable(() => this.start(batch));
  }

  /** Has the failed items of a batch tried again, whether it runs or is over. Throws a 503 where Temporal is away. */
  retryFailed(batch: StartableBatch): Promise<void> {
    return this.orUnavailable(() => this.within(callMs, () => retryFailedItems(this.temporal.client, this.input(batch), appearanceOf(batch))));
  }

  /** Sends a signal; false where no workflow runs that could take it. Throws a 503 where Temporal is away. */
  async signal(batchId: string, name: string, argument?: SwitchModeSignal): Promise<boolean> {
    try {
      await this.orUnavailable(() => this.within(callMs, () => this.handle(batchId).signal(name, ...(argument ? [argument] : []))));
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  /** When a pause of the batch ends by itself, as an ISO time; null: not, or nobody could say. */
  async resumesAt(batchId: string): Promise<string | null> {
    try {
      const progress = await this.within(queryMs, () => this.handle(batchId).query<BatchProgress>(batchProgressQueryName));
      return progress.resumesAt;
    } catch {
      return null;
    }
  }

  /** The state of the batch's workflow, as Temporal names it; null: it has none. */
  async status(batchId: string): Promise<string | null> {
    try {
      const { status } = await this.within(callMs, () => this.handle(batchId).describe());
      return status.name;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }
  }

  private input({ id }: StartableBatch): BatchWorkflowInput {
    return { batchId: id, policy: this.config.policy };
  }

  private handle(batchId: string) {
    return this.temporal.client.workflow.getHandle(batchWorkflowId(batchId));
  }

  private within<Result>(ms: number, call: () => Promise<Result>): Promise<Result> {
    return this.temporal.client.withDeadline(Date.now() + ms, call);
  }

  private async orUnavailable<Result>(call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof WorkflowNotFoundError || !isEngineAway(error)) throw error;
      throw unavailable('The workflow engine is away. Try again in a moment.', { retryAfterMs: 2_000, cause: error });
    }
  }
}

function appearanceOf({ interface: wire, mode, defaults, itemCount }: StartableBatch): BatchAppearance {
  const items = itemCount == null ? 'batch' : `${String(itemCount)} items`;
  return { summary: `${items} · ${defaults.model ?? wire} · ${mode}`, attributes: defaults.model === null ? {} : { ConclaveModel: defaults.model } };
}
