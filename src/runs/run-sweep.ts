import { Inject, Injectable } from '@nestjs/common';
import { isFinalRun } from '../../domain/runs/run-status.js';
import { runSignals } from '../../workflows/messages/run-messages.js';
import { wireTimings } from '../completions/wire-timings.js';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import { isEngineAway } from '../temporal/is-engine-away.js';
import { Sweep } from '../temporal/sweep.js';
import { RunEngine } from './run-engine.js';
import { RunStateStore } from './run-state.store.js';
import { RunsStore } from './runs.store.js';

interface ActiveRun {
  id: string;
  createdAt: Date;
}

/**
 * Looks after runs that nobody carries out: a row without workflow is started; one that can't be, or whose workflow ended without ending it, fails. A cancellation, a pause or its end that stands in the row
 * is sent to the workflow, as whoever was to send it may have died before.
 */
@Injectable()
export class RunSweep extends Sweep<ActiveRun> {
  private readonly states: RunStateStore;

  constructor(
    @Inject(CONFIG) config: Config,
    @Inject(POSTGRES_POOL) sql: Sql,
    private readonly store: RunsStore,
    private readonly engine: RunEngine,
  ) {
    super('Runs', wireTimings[config.policy]);
    this.states = new RunStateStore(sql);
  }

  protected active(after: Date, olderThanMs: number, limit: number): Promise<ActiveRun[]> {
    return this.states.active(after, olderThanMs, limit);
  }

  protected async lookAfter({ id }: ActiveRun): Promise<void> {
    const status = await this.engine.status(id);
    // One that completed belongs to an earlier state of the run, which was opened again since.
    if (status === null || status === 'COMPLETED') await this.startLate(id);
    else if (status === 'RUNNING') await this.tell(id);
    else if (status !== 'CONTINUED_AS_NEW') await this.fail(id, `The workflow ended (${status.toLowerCase()}) without ending the run.`);
  }

  // Heard twice it does what it does once.
  private async tell(id: string): Promise<void> {
    const wish = await this.states.unheard(id);
    if (wish === null || !(await this.engine.signal(id, runSignals[wish]))) return;
    if (wish !== 'cancel') await this.states.heard(id, wish);
  }

  private async startLate(id: string): Promise<void> {
    // It may have ended between the two looks, by its own hand.
    const run = await this.store.find(id);
    if (!run || isFinalRun(run.status)) return;
    try {
      await this.engine.start(run);
      this.logger.log(`Run ${id} had no workflow; started it.`);
    } catch (error) {
      if (isEngineAway(error)) throw error;
      await this.fail(id, `The workflow could not be started: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private async fail(id: string, message: string): Promise<void> {
    await this.store.fail(id, message);
    this.logger.warn(`Run ${id}: ${message}`);
  }
}
