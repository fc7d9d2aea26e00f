import { Inject, Injectable } from '@nestjs/common';
import { WorkflowNotFoundError } from '@temporalio/client';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { isEngineAway } from '../completions/completion-starter.js';
import { unavailable } from '../http/api-error.js';
import { retryRunErrors, runWorkflowId, startRun, type RunAppearance } from '../temporal/start-run.js';
import { TemporalService } from '../temporal/temporal.service.js';

/** What starting a run's workflow takes. */
export interface StartableRun {
  id: string;
  model: string;
  benchmarks: readonly string[];
}

/** One call to Temporal may take this long. */
const callMs = 4_000;

/** Workflows of runs as the api handles them. */
@Injectable()
export class RunEngine {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly temporal: TemporalService,
  ) {}

  /** Starts the workflow of a run that has its row; a running one is left alone. Throws what the client throws where Temporal is away. */
  start(run: StartableRun): Promise<void> {
    return this.within(() => startRun(this.temporal.client, { runId: run.id, policy: this.config.policy }, appearanceOf(run)));
  }

  /** As `start`, with a 503 where Temporal is away. */
  startSoon(run: StartableRun): Promise<void> {
    return this.orUnavailable(() => this.start(run));
  }

  /** Has the samples in error asked again, whether the run goes on or is over. Throws a 503 where Temporal is away. */
  retryErrors(run: StartableRun): Promise<void> {
    return this.orUnavailable(() => this.within(() => retryRunErrors(this.temporal.client, { runId: run.id, policy: this.config.policy }, appearanceOf(run))));
  }

  /** Sends a signal; false where no workflow runs that could take it. Throws a 503 where Temporal is away. */
  async signal(runId: string, name: string): Promise<boolean> {
    try {
      await this.orUnavailable(() => this.within(() => this.handle(runId).signal(name)));
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  /** The state of the run's workflow, as Temporal names it; null: it has none. */
  async status(runId: string): Promise<string | null> {
    try {
      const { status } = await this.within(() => this.handle(runId).describe());
      return status.name;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }
  }

  private handle(runId: string) {
    return this.temporal.client.workflow.getHandle(runWorkflowId(runId));
  }

  private within<Result>(call: () => Promise<Result>): Promise<Result> {
    return this.temporal.client.withDeadline(Date.now() + callMs, call);
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

function appearanceOf({ model, benchmarks }: StartableRun): RunAppearance {
  const named = benchmarks.length <= 4 ? benchmarks.join(', ') : `${benchmarks.slice(0, 3).join(', ')} and ${String(benchmarks.length - 3)} more`;
  return { summary: `${named} · ${model}`, attributes: { ConclaveModel: model } };
}
