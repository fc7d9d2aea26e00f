import { Inject, Injectable } from '@nestjs/common';
import type { RunWorkflowInput } from '../../workflows/messages/run-messages.js';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { retryRunErrors, runWorkflowId, startRun, type RunAppearance } from '../temporal/start-run.js';
import { TemporalService } from '../temporal/temporal.service.js';

/** What starting a run's workflow takes. */
export interface StartableRun {
  id: string;
  model: string;
  benchmarks: readonly string[];
}

/** Workflows of runs as the api handles them. */
@Injectable()
export class RunEngine {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly temporal: TemporalService,
  ) {}

  /** Starts the workflow of a run that has its row; a running one is left alone. Throws what the client throws where Temporal is away. */
  start(run: StartableRun): Promise<void> {
    return this.temporal.within(() => startRun(this.temporal.client, this.input(run), appearanceOf(run)));
  }

  /** As `start`, with a 503 where Temporal is away. */
  startSoon(run: StartableRun): Promise<void> {
    return this.temporal.orUnavailable(() => startRun(this.temporal.client, this.input(run), appearanceOf(run)));
  }

  /** Has the samples in error asked again, whether the run goes on or is over. Throws a 503 where Temporal is away. */
  retryErrors(run: StartableRun): Promise<void> {
    return this.temporal.orUnavailable(() => retryRunErrors(this.temporal.client, this.input(run), appearanceOf(run)));
  }

  /** Sends a signal; false where no workflow runs that could take it. Throws a 503 where Temporal is away. */
  signal(runId: string, name: string): Promise<boolean> {
    return this.temporal.signal(runWorkflowId(runId), name);
  }

  /** The state of the run's workflow, as Temporal names it; null: it has none. */
  status(runId: string): Promise<string | null> {
    return this.temporal.status(runWorkflowId(runId));
  }

  private input({ id }: StartableRun): RunWorkflowInput {
    return { runId: id, policy: this.config.policy };
  }
}

function appearanceOf({ model, benchmarks }: StartableRun): RunAppearance {
  const named = benchmarks.length <= 4 ? benchmarks.join(', ') : `${benchmarks.slice(0, 3).join(', ')} and ${String(benchmarks.length - 3)} more`;
  return { summary: `${named} · ${model}`, attributes: { ConclaveModel: model } };
}
