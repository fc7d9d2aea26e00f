import { Inject, Injectable } from '@nestjs/common';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { batchProgressQueryName, batchSignals, batchWorkflowType, jobsTaskQueue, type BatchProgress, type BatchWorkflowInput, type SwitchModeSignal } from '../../workflows/messages/batch-messages.js';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { unavailable } from '../http/api-error.js';
import { isEngineAway } from '../completions/completion-starter.js';
import { TemporalService } from '../temporal/temporal.service.js';

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

  /** Starts the workflow of a batch that has its row, once. Throws what the client throws where Temporal is away. */
  start(batchId: string): Promise<void> {
    return this.run({ batchId, policy: this.config.policy }, 'REJECT_DUPLICATE');
  }

  /** As `start`, with a 503 where Temporal is away. */
  startSoon(batchId: string): Promise<void> {
    return this.orUnavailable(() => this.start(batchId));
  }

  /** Starts the workflow of a batch that is over once more, for its failed items; one that runs gets the signal. */
  async retryFailed(batchId: string): Promise<void> {
    if (await this.signal(batchId, batchSignals.retryFailed)) return;
    await this.orUnavailable(() => this.run({ batchId, policy: this.config.policy, retryFailed: true }, 'ALLOW_DUPLICATE'));
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

  private async run(input: BatchWorkflowInput, reuse: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE'): Promise<void> {
    try {
      await this.within(callMs, () =>
        this.temporal.client.workflow.start(batchWorkflowType, { workflowId: workflowId(input.batchId), taskQueue: jobsTaskQueue, args: [input], workflowIdConflictPolicy: 'USE_EXISTING', workflowIdReusePolicy: reuse }),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }

  private handle(batchId: string) {
    return this.temporal.client.workflow.getHandle(workflowId(batchId));
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

function workflowId(batchId: string): string {
  return `batch/${batchId}`;
}
