import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { isDatabaseAway } from '../database/until-database-answers.js';
import { startCompletion } from '../temporal/start-completion.js';
import { TemporalService } from '../temporal/temporal.service.js';
import type { StartableCompletion } from './completions.store.js';

const pauseMs = 200;

/** Starts workflows of completions that have their row. */
@Injectable()
export class CompletionStarter {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly temporal: TemporalService,
  ) {}

  /** Starts the workflow unless it exists; waits up to `patienceMs` for a Temporal server (and its payload store) that is away, then throws what the client threw. */
  async start(completion: StartableCompletion, patienceMs: number): Promise<void> {
    const giveUpAt = Date.now() + patienceMs;
    for (;;) {
      try {
        await this.temporal.client.withDeadline(giveUpAt, () => this.startOnce(completion));
        return;
      } catch (error) {
        if (!isEngineAway(error) || Date.now() + pauseMs > giveUpAt) throw error;
        await wait(pauseMs);
      }
    }
  }

  private startOnce({ id, plan, stream, deadlineAt, model }: StartableCompletion): Promise<void> {
    const input = { completionId: id, plan, stream, policy: this.config.policy, deadlineAt: deadlineAt.toISOString() };
    return startCompletion(this.temporal.client, input, { ConclaveStrategy: plan.strategy, ConclaveModel: model, ...(plan.panel ? { ConclavePanel: plan.panel.name } : {}) });
  }
}

/** Whether Temporal, or the database its payloads go to, can't be reached: the same start may work later. */
export function isEngineAway(error: unknown): boolean {
  return isGrpcServiceError(error) || error instanceof ServiceError || isDatabaseAway(error);
}
