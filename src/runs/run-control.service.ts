import { Inject, Injectable } from '@nestjs/common';
import { isFinalRun } from '../../domain/runs/run-status.js';
import { runSignals } from '../../workflows/messages/run-messages.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import { ApiError, badRequest } from '../http/api-error.js';
import { RunEngine } from './run-engine.js';
import type { ResumeRunBody } from './run-queries.dto.js';
import { RunReadsService } from './run-reads.service.js';
import { RunScoresStore } from './run-scores.store.js';
import { RunStateStore, type Steering } from './run-state.store.js';
import { RunsStore, type RunRow } from './runs.store.js';

/** Asks runs to stop, pause, go on or try again: marks the row where that must be known at once, then signals the workflow. */
@Injectable()
export class RunControlService {
  private readonly states: RunStateStore;
  private readonly scores: RunScoresStore;

  constructor(
    @Inject(POSTGRES_POOL) sql: Sql,
    private readonly reads: RunReadsService,
    private readonly store: RunsStore,
    private readonly engine: RunEngine,
  ) {
    this.states = new RunStateStore(sql);
    this.scores = new RunScoresStore(sql);
  }

  /** Cancels; one that is over stays as it is. */
  async cancel(id: string, caller: string): Promise<RunRow> {
    const run = await this.reads.find(id, caller);
    // The mark first: it ends calls at once, and the workflow reads it wherever it is.
    if (await this.states.requestCancel(run.id)) await this.signal(run, runSignals.cancel);
    return this.reads.find(id, caller);
  }

  async pause(id: string, caller: string): Promise<RunRow> {
    await this.steer(await this.active(id, caller, 'paused'), 'pause');
    return this.reads.find(id, caller);
  }

  /** Goes on after a pause; with new caps, which must be higher than the present ones. */
  async resume(id: string, caller: string, body: ResumeRunBody): Promise<RunRow> {
    const run = await this.active(id, caller, 'resumed');
    await this.steer(run, 'resume', raisedCaps(run, body ?? {}));
    return this.reads.find(id, caller);
  }

  /** Asks the samples in error again, in a run that goes on or is over; done samples stay. */
  async retryErrors(id: string, caller: string): Promise<RunRow> {
    const run = await this.own(id, caller);
    if (run.status === 'canceled' || run.cancelRequestedAt) throw conflict(`Run '${id}' was canceled. POST /api/runs/${id}/requeue takes it up again.`);
    await this.engine.retryErrors(run);
    return this.reads.find(id, caller);
  }

  /** Takes a failed or canceled run up again as a new workflow: what has no answer is asked, done samples stay. */
  async requeue(id: string, caller: string): Promise<RunRow> {
    const run = await this.own(id, caller);
    if (run.status !== 'failed' && run.status !== 'canceled') throw conflict(`Run '${id}' is ${run.status}; only a failed or canceled one can be requeued.`);
    if (!(await this.states.reopen(run.id))) throw conflict(`Run '${id}' is not over any more.`);
    await this.engine.startSoon(run);
    return this.reads.find(id, caller);
  }

  /** Scores the stored answers anew by the present scorers, without a call; returns how many verdicts changed. */
  async rescore(id: string, caller: string): Promise<{ samples: number; changed: number }> {
    const run = await this.reads.find(id, caller);
    if (!isFinalRun(run.status)) throw conflict(`Run '${id}' is ${run.status}. Score it again when it is over.`);
    return this.scores.rescore(run.id);
  }

  async remove(id: string, caller: string): Promise<void> {
    const run = await this.reads.find(id, caller);
    if (!(await this.store.remove(run.id))) throw conflict(`Run '${id}' is ${run.status}. Cancel it before it is deleted.`);
  }

  private async active(id: string, caller: string, deed: string): Promise<RunRow> {
    const run = await this.own(id, caller);
    if (isFinalRun(run.status)) throw conflict(`Run '${id}' is ${run.status} and can't be ${deed}.`);
    return run;
  }

  // What another installation carried out can't be carried on here.
  private async own(id: string, caller: string): Promise<RunRow> {
    const run = await this.reads.find(id, caller);
    if ('imported' in run.metadata) throw conflict(`Run '${id}' was imported and can only be read.`);
    return run;
  }

  // The wish first, then the signal; what dies between is sent by the sweep.
  private async steer(run: RunRow, steering: Steering, caps: { nanoUsd?: number; tokens?: number } = {}): Promise<void> {
    if (!(await this.states.ask(run.id, steering, caps))) return;
    await this.signal(run, runSignals[steering]);
    await this.states.heard(run.id, steering);
  }

  // A row without workflow gets one: the signal is not lost.
  private async signal(run: RunRow, name: string): Promise<void> {
    if (await this.engine.signal(run.id, name)) return;
    await this.engine.startSoon(run);
    await this.engine.signal(run.id, name);
  }
}

function raisedCaps(run: RunRow, { cost_cap_usd: usd, token_cap: tokens }: NonNullable<ResumeRunBody>): { nanoUsd?: number; tokens?: number } {
  if (usd !== undefined && (run.costCapNanoUsd === null || usd * 1e9 < run.costCapNanoUsd)) throw badRequest('cost_cap_usd', refusal('cost_cap_usd', usd, run.costCapNanoUsd === null ? null : run.costCapNanoUsd / 1e9));
  if (tokens !== undefined && (run.tokenCap === null || tokens < run.tokenCap)) throw badRequest('token_cap', refusal('token_cap', tokens, run.tokenCap));
  return { ...(usd !== undefined && { nanoUsd: Math.round(usd * 1e9) }), ...(tokens !== undefined && { tokens }) };
}

function refusal(field: string, value: number, present: number | null): string {
  return present === null ? `This run has no '${field}'. Leave it out.` : `'${field}' is ${String(value)}, below the present ${String(present)}. A cap can only be raised.`;
}

function conflict(message: string): ApiError {
  return new ApiError({ status: 409, code: 'conflict', message });
}
