import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { isEngineAway } from '../temporal/is-engine-away.js';
import { startCompletion } from '../temporal/start-completion.js';
import { TemporalService } from '../temporal/temporal.service.js';
import type { StartableCompletion } from './completions.store.js';

const pauseMs = 200;
/** One call to Temporal may take this long: a connection that hangs is not waited for, another attempt is made. */
const attemptMs = 4_000;

/** Starts workflows of completions that have their row. */
@Injectable()
export class CompletionStarter implements OnModuleDestroy {
  private closed = false;
  private readonly attempts = new Set<Promise<void>>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly temporal: TemporalService,
  ) {}

  /** Waits for attempts under way. */
  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.attempts);
  }

  /** Starts the workflow unless it exists; waits up to `patienceMs` for a Temporal server (and its payload store) that is away, then throws what the client threw. */
  async start(completion: StartableCompletion, patienceMs: number): Promise<void> {
    const giveUpAt = Date.now() + patienceMs;
    for (;;) {
      try {
        await this.attempt(completion, Math.min(giveUpAt, Date.now() + attemptMs));
        return;
      } catch (error) {
        if (this.closed || !isEngineAway(error) || Date.now() + pauseMs > giveUpAt) throw error;
        await wait(pauseMs);
      }
    }
  }

  private async attempt(completion: StartableCompletion, deadline: number): Promise<void> {
    const attempt = this.temporal.client.withDeadline(deadline, () => this.startOnce(completion));
    this.attempts.add(attempt);
    try {
      await attempt;
    } finally {
      this.attempts.delete(attempt);
    }
  }

  private startOnce({ id, plan, stream, deadlineAt, model }: StartableCompletion): Promise<void> {
    const input = { completionId: id, plan, stream, policy: this.config.policy, deadlineAt: deadlineAt.toISOString() };
    return startCompletion(this.temporal.client, input, { ConclaveStrategy: plan.strategy, ConclaveModel: model, ...(plan.panel ? { ConclavePanel: plan.panel.name } : {}) });
  }
}
