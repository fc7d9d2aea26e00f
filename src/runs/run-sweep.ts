import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { isFinalRun } from '../../domain/runs/run-status.js';
import { isEngineAway } from '../completions/completion-starter.js';
import { wireTimings, type WireTimings } from '../completions/wire-timings.js';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import { RunEngine } from './run-engine.js';
import { RunStateStore } from './run-state.store.js';
import { RunsStore } from './runs.store.js';

/** Runs looked after in one go; the next go continues where this one stopped. */
const sweepSize = 100;

/** Looks after runs that nobody carries out: a row without workflow is started; one that can't be, or whose workflow ended without ending it, fails. */
@Injectable()
export class RunSweep implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Runs');
  private readonly states: RunStateStore;
  private readonly timings: WireTimings;
  private timer: NodeJS.Timeout | null = null;
  private after = new Date(0);
  private closed = false;

  constructor(
    @Inject(CONFIG) config: Config,
    @Inject(POSTGRES_POOL) sql: Sql,
    private readonly store: RunsStore,
    private readonly engine: RunEngine,
  ) {
    this.states = new RunStateStore(sql);
    this.timings = wireTimings[config.policy];
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
    const active = await this.states.active(this.after, this.timings.sweepAgeMs, sweepSize);
    this.after = active.length === sweepSize ? (active.at(-1)?.createdAt ?? new Date(0)) : new Date(0);
    for (const { id } of active) {
      if (this.closed) return;
      await this.lookAfter(id);
    }
  }

  private schedule(): void {
    // Apart by up to a fifth, so that many apis do not sweep in step.
    this.timer = setTimeout(() => void this.round(), this.timings.sweepMs * (0.9 + Math.random() * 0.2));
  }

  private async round(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      this.logger.warn(`Runs could not be looked after: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (!this.closed) this.schedule();
  }

  private async lookAfter(id: string): Promise<void> {
    const status = await this.engine.status(id);
    // One that completed belongs to an earlier state of the run, which was opened again since.
    if (status === null || status === 'COMPLETED') await this.startLate(id);
    else if (status !== 'RUNNING' && status !== 'CONTINUED_AS_NEW') await this.fail(id, `The workflow ended (${status.toLowerCase()}) without ending the run.`);
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
