import { Injectable, Inject } from '@nestjs/common';
import type { CompletionFailure } from '../../domain/chat/decision.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import { isEngineAway } from '../temporal/is-engine-away.js';
import { completionWorkflowId } from '../temporal/start-completion.js';
import { Sweep } from '../temporal/sweep.js';
import { TemporalService } from '../temporal/temporal.service.js';
import { CompletionStarter } from './completion-starter.js';
import { CompletionsService } from './completions.service.js';
import { CompletionsStore, type StartableCompletion } from './completions.store.js';
import { RecordCompletionStore } from './record-completion.store.js';

const startPatienceMs = 3_000;

/** Looks after running completions that nobody finishes: a row without workflow is started, a workflow that ended without a record is recorded as failed. */
@Injectable()
export class CompletionSweep extends Sweep<StartableCompletion> {
  private readonly recorder: RecordCompletionStore;

  constructor(
    @Inject(POSTGRES_POOL) sql: Sql,
    private readonly store: CompletionsStore,
    private readonly starter: CompletionStarter,
    private readonly temporal: TemporalService,
    private readonly completions: CompletionsService,
  ) {
    super('Completions', completions.timings);
    this.recorder = new RecordCompletionStore(sql);
  }

  protected active(after: Date, olderThanMs: number, limit: number): Promise<StartableCompletion[]> {
    return this.store.running(after, olderThanMs, limit);
  }

  protected async lookAfter(completion: StartableCompletion): Promise<void> {
    const status = await this.temporal.status(completionWorkflowId(completion.id));
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
      await this.starter.start(completion, startPatienceMs);
      this.logger.log(`Completion ${completion.id} had no workflow; started it.`);
    } catch (error) {
      if (isEngineAway(error)) throw error;
      const message = error instanceof Error ? error.message : String(error);
      await this.recorder.finish(completion.id, { ok: false, failure: { code: 'internal', message: `The workflow could not be started: ${message}`, missing: [], stageReached: null } });
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
