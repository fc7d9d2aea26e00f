import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { restOfJob } from '../domain/batches/after-job.js';
import type { CallFailure } from '../domain/failures/failure-code.js';
import type { JobLine, LineOutcome } from '../src/batches/job-lines.store.js';
import type { JobAtWork } from '../src/batches/provider-jobs.store.js';
import { untilDatabaseAnswers } from '../src/database/until-database-answers.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import type { BatchActivities, HeldJob } from './batch-activities.js';
import { conversationOf } from './compose-request.js';
import { withHeartbeats } from './heartbeats.js';
import { closeJob, held, later, troubleDelayMs } from './job-parts.js';
import type { JobParts } from './job-parts.js';
import { makeCall } from './make-call.js';
import type { MakeCallParts } from './make-call.js';
import { Standstill } from './standstill.js';

/** Lines read at once. */
const pageSize = 100;
/** Milliseconds for which what became of a call waits for a database that is away; the ledger knows it already. */
const patienceMs = 60_000;

type Made = Awaited<ReturnType<BatchActivities['makeRealtimeCalls']>>;

/** Why no further call is begun. `failure`: the batch pauses for it. */
type Halt = { kind: 'cancel' } | { kind: 'pause' } | { kind: 'worker' } | { kind: 'failure'; failure: ProviderFailure };

/** The activity that makes a chunk of calls. Each answer is in the ledger before its line is settled, so a worker that dies repeats only what was under way. */
export function createMakeRealtimeCalls(parts: JobParts, calls: MakeCallParts): BatchActivities['makeRealtimeCalls'] {
  return async ({ jobId }) => {
    const context = Context.current();
    const job = await parts.jobs.read(jobId);
    if (!job) throw ApplicationFailure.nonRetryable(`Provider job ${jobId} is not in the database.`, 'internal');
    const chunk = new Chunk(parts, calls, job);
    return withHeartbeats(context, chunk.run(context.cancellationSignal), () => ({ done: chunk.done, of: job.lineCount }));
  };
}

/** One attempt at a chunk's calls. */
export class Chunk {
  done = 0;
  private start = 0;
  private halt: Halt | null = null;
  private standstill: Standstill | null = null;
  private readonly calls: MakeCallParts;
  /** Ends pauses between attempts. */
  private readonly halted = new AbortController();
  /** Ends requests under way: only for what was canceled. */
  private readonly abandoned = new AbortController();

  constructor(
    private readonly parts: JobParts,
    calls: MakeCallParts,
    private readonly job: JobAtWork,
  ) {
    const { price } = job;
    // Calls are charged at what was set aside for them.
    this.calls = price === null ? calls : { ...calls, price: () => price };
    // Every call listens; without this Node takes more than ten for a leak and warns of each chunk.
    setMaxListeners(0, this.halted.signal, this.abandoned.signal);
  }

  async run(workerEnds: AbortSignal): Promise<Made> {
    const { parts, job } = this;
    if (job.status !== 'planned' && job.status !== 'running') return this.closedResult();
    const start = await parts.jobs.startChunk(job.id);
    if (start === null) return this.closedResult();
    this.start = start;
    await parts.jobs.refreshBatchStatus(job.batchId);
    this.done = await parts.lines.reconcile(job.id);
    this.decideHalt({ status: 'running', startCount: start, batch: job.batch });
    const onWorkerEnd = (): void => {
      this.stop({ kind: 'worker' });
    };
    workerEnds.addEventListener('abort', onWorkerEnd, { once: true });
    const watch = this.watch();
    try {
      const lines = parts.lines.stream(job.id, pageSize);
      const ends = await Promise.allSettled(Array.from({ length: parts.policy.makeRealtimeCalls.concurrency }, () => this.work(lines)));
      // Only when no call of this attempt is under way any more may the next one begin.
      const broken = ends.find((end) => end.status === 'rejected');
      if (broken) throw broken.reason;
    } finally {
      watch.end();
      workerEnds.removeEventListener('abort', onWorkerEnd);
    }
    return this.end();
  }

  private async end(): Promise<Made> {
    const { parts, job } = this;
    const { halt } = this;
    switch (halt?.kind) {
      case 'worker':
        throw later('The worker ended before all calls of this chunk were made.', 0);
      case 'pause':
        return { state: 'held', failure: null };
      case 'failure':
        return held(halt.failure);
      case 'cancel':
        await parts.lines.closeOpen(job.id, restOfJob('canceled', job.batch.options, null), { maxAttempts: 0, sent: true });
        return { state: 'canceled', ...(await closeJob(parts, job, 'canceled')) };
      case undefined:
        return { state: 'collected', ...(await closeJob(parts, job, 'collected')) };
      default: {
        const never: never = halt;
        return never;
      }
    }
  }

  private async closedResult(): Promise<Exclude<Made, HeldJob>> {
    const { succeeded, failed } = await this.parts.lines.tally(this.job.id);
    return { state: this.job.status === 'canceled' ? 'canceled' : 'collected', succeeded, failed };
  }

  private isHalted(): boolean {
    // Another attempt may be at these lines by now; the row says so a moment later.
    if (this.halt === null && this.standstill?.hasHappened()) this.stop({ kind: 'worker' });
    return this.halt !== null;
  }

  private stop(halt: Halt): void {
    // Cancel is the stronger one; otherwise the first reason stays.
    if (this.halt === null || halt.kind === 'cancel') this.halt = halt;
    this.halted.abort();
    if (halt.kind === 'cancel') this.abandoned.abort(new Error('The batch was canceled.'));
  }

  private decideHalt({ status, startCount, batch }: Pick<JobAtWork, 'status' | 'startCount' | 'batch'>): void {
    // Another attempt goes on in place of this one, which Temporal had lost sight of; or the chunk was closed.
    if (startCount !== this.start || status !== 'running') this.stop({ kind: 'worker' });
    else if (batch.cancelRequested) this.stop({ kind: 'cancel' });
    else if (batch.status === 'paused' || batch.nextMode !== null) this.stop({ kind: 'pause' });
  }

  private watch(): { end(): void } {
    this.standstill = new Standstill(this.parts.policy.makeRealtimeCalls.heartbeatMs);
    let looking = false;
    const timer = setInterval(() => {
      this.isHalted();
      if (looking) return;
      looking = true;
      void this.parts.jobs
        .read(this.job.id)
        .then((job) => {
          if (job) this.decideHalt(job);
        })
        // The database is away: calls under way wait for it too.
        .catch(() => undefined)
        .finally(() => {
          looking = false;
        });
    }, this.parts.policy.makeRealtimeCalls.lookMs);
    return {
      end: () => {
        clearInterval(timer);
      },
    };
  }

  private async work(lines: AsyncGenerator<JobLine, void>): Promise<void> {
    while (!this.isHalted()) {
      try {
        const next = await lines.next();
        if (next.done === true) return;
        const outcome = await this.make(next.value);
        if (outcome === null) return;
        await untilDatabaseAnswers(() => this.parts.lines.settle(this.job.id, [outcome]), { patienceMs });
      } catch (error) {
        this.stop({ kind: 'worker' });
        throw error;
      }
      this.done++;
    }
  }

  /** What became of the call after all its attempts; null: it was not finished, and its line stays open. */
  private async make(line: JobLine): Promise<Omit<LineOutcome, 'record'> | null> {
    const conversation = conversationOf(line.request);
    let inRow = 0;
    let lastCode = '';
    for (let attempt = 1; !this.isHalted(); attempt++) {
      try {
        await makeCall(this.calls, line.input, conversation, { number: line.attempt + attempt - 1, signal: this.abandoned.signal });
        return { id: line.id, status: 'succeeded', realtimeOnly: false, failure: null };
      } catch (error) {
        if (this.abandoned.signal.aborted) return null;
        if (!(error instanceof ProviderFailure)) return failed(line, { code: 'internal', message: error instanceof Error ? error.message : String(error) });
        inRow = (error.code === 'rate_limit') === (lastCode === 'rate_limit') ? inRow + 1 : 1;
        lastCode = error.code;
        const delayMs = this.delayAfter(error, error.code === 'rate_limit' ? inRow : attempt);
        if (this.hasUsedUp(error)) return this.setAsideAnew(line, error, delayMs);
        if (delayMs === null) return !this.isHalted() ? failed(line, failureOf(error)) : null;
        await wait(delayMs, undefined, { signal: this.halted.signal }).catch(() => undefined);
      }
    }
    return null;
  }

  /** Whether the attempt may have cost what was set aside for its line: under a cap the next one needs a reservation of its own. */
  private hasUsedUp({ code }: ProviderFailure): boolean {
    return code === 'timeout' && this.job.batch.budgetId !== null;
  }

  /** The line waits for another job, as a job sets aside what one attempt of each line may cost; or it fails, where it has no attempt left. Null: it is another attempt's at this chunk. */
  private async setAsideAnew(line: JobLine, failure: ProviderFailure, delayMs: number | null): Promise<Omit<LineOutcome, 'record'> | null> {
    const ended = failed(line, failureOf(failure));
    if (line.attempt >= this.job.batch.options.maxAttempts) return ended;
    await wait(delayMs ?? 0, undefined, { signal: this.halted.signal }).catch(() => undefined);
    return this.halt?.kind === 'worker' ? null : { ...ended, status: 'waiting' };
  }

  /** Milliseconds until the next attempt; null: there is none, as the call failed for good or the whole chunk halts. */
  private delayAfter(failure: ProviderFailure, count: number): number | null {
    if (failure.code === 'auth' || failure.code === 'billing') this.stop({ kind: 'failure', failure });
    const delayMs = troubleDelayMs(this.parts.policy, this.job, failure, count);
    if (delayMs === null && failure.code === 'rate_limit') this.stop({ kind: 'failure', failure });
    return this.isHalted() ? null : delayMs;
  }
}

function failureOf({ code, message, httpStatus }: ProviderFailure): CallFailure {
  return { code, message, ...(httpStatus === undefined ? {} : { httpStatus }) };
}

function failed(line: JobLine, failure: CallFailure): Omit<LineOutcome, 'record'> {
  return { id: line.id, status: 'failed', realtimeOnly: false, failure };
}
