import { Injectable, Inject, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { CompletionFailure } from '../../domain/chat/decision.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import { completionWorkflowId } from '../temporal/start-completion.js';
import { TemporalService } from '../temporal/temporal.service.js';
import { CompletionStarter, isEngineAway } from './completion-starter.js';
import { CompletionsService } from './completions.service.js';
import { CompletionsStore, type StartableCompletion } from './completions.store.js';
import { RecordCompletionStore } from './record-completion.store.js';

/** Completions looked after in one go; the next go continues where this one stopped. */
const sweepSize = 100;
const engineTimeoutMs = 3_000;

/** Looks after running completions that nobody finishes: a row without workflow is started, a workflow that ended without a record is recorded as failed. */
@Injectable()
export class CompletionSweep implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Completions');
  private readonly recorder: RecordCompletionStore;
  private timer: NodeJS.Timeout | null = null;
  private after = new Date(0);
  private closed = false;

  constructor(
    @Inject(POSTGRES_POOL) sql: Sql,
    private readonly store: CompletionsStore,
    private readonly starter: CompletionStarter,
    private readonly temporal: TemporalService,
    private readonly completions: CompletionsService,
  ) {
    this.recorder = new RecordCompletionStore(sql);
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
    const running = await this.store.running(this.after, this.completions.timings.sweepAgeMs, sweepSize);
    this.after = running.length === sweepSize ? (running.at(-1)?.createdAt ?? new Date(0)) : new Date(0);
    for (const completion of running) {
      if (this.closed) return;
      await this.lookAfter(completion);
    }
  }

  private schedule(): void {
    // Apart by up to a fifth, so that many apis do not sweep in step.
    const delayMs = this.completions.timings.sweepMs * (0.9 + Math.random() * 0.2);
    this.timer = setTimeout(() => void this.round(), delayMs);
  }

  private async round(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      this.logger.warn(`Running completions could not be looked after: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (!this.closed) this.schedule();
  }

  private async lookAfter(completion: StartableCompletion): Promise<void> {
    const status = await this.engineStatus(completion.id);
    if (status === 'RUNNING') return;
    if (status === null) {
      await this.startLate(completion);
      return;
    }
    // Its workflow is over; the record may have come in this moment.
    if (await this.completions.outcome(completion.id)) return;
    await this.recorder.finish(completion.id, { ok: false, failure: endedFailure(status) });
    this.logger.warn(`Completion ${completion.id}: its workflow ended (${status}) without a record; recorded as failed.`);
  }

  private async startLate(completion: StartableCompletion): Promise<void> {
    try {
      await this.starter.start(completion, engineTimeoutMs);
      this.logger.log(`Completion ${completion.id} had no workflow; started it.`);
    } catch (error) {
      if (isEngineAway(error)) throw error;
      const message = error instanceof Error ? error.message : String(error);
      await this.recorder.finish(completion.id, { ok: false, failure: { code: 'internal', message: `The workflow could not be started: ${message}`, missing: [], stageReached: null } });
    }
  }

  private async engineStatus(id: string): Promise<string | null> {
    try {
      const { status } = await this.temporal.client.withDeadline(Date.now() + engineTimeoutMs, () => this.temporal.client.workflow.getHandle(completionWorkflowId(id)).describe());
      return status.name;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }
  }
}

function endedFailure(status: string): CompletionFailure {
  const rest = { missing: [], stageReached: null };
  switch (status) {
    case 'CANCELLED':
    case 'TERMINATED':
      return { code: 'canceled', message: `The workflow was ended from outside (${status.toLowerCase()}).`, ...rest };
    case 'TIMED_OUT':
      return { code: 'deadline_exceeded', message: 'The workflow ran into its time limit.', ...rest };
    default:
      return { code: 'internal', message: `The workflow ended (${status.toLowerCase()}) without recording an outcome.`, ...rest };
  }
}
