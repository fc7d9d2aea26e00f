import type { Usage } from '../../../domain/chat/chat-request.js';
import type { MatchSubject } from '../rules.js';
import { pause } from '../send-answer.js';
import { seededUnit } from '../seeded-hash.js';
import type { SimulatedState } from '../simulated-state.js';
import { answerLine } from './answer-line.js';
import type { JobLine, JobState, SimulatedFile, SimulatedJob } from './job.js';
import { Spool } from './spool.js';

/** Lines answered before the event loop gets its turn: some milliseconds. */
const linesAtOnce = 50;
/** Parts in which a job that takes its time is answered, so that its counts move. */
const stepsOfSlowJob = 10;

/** Takes a job through its states to the end, as its plan says. Never rejects. */
export async function runJob(state: SimulatedState, job: SimulatedJob): Promise<void> {
  try {
    await new JobRun(state, job).run();
  } catch (error) {
    if (job.dropped) return;
    job.faults.push({ code: 'server_error', line: null, message: `The simulated provider failed: ${error instanceof Error ? error.message : String(error)}`, param: null });
    state.jobs.enter(job, 'failed');
  }
}

class JobRun {
  private readonly rows = new Spool();
  private readonly errorRows = new Spool();
  private order: number[] | null = null;
  private done = 0;
  private readonly charged: { answered: number; failed: number; usage: Usage } = { answered: 0, failed: 0, usage: { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0 } };
  private firstId: string | null = null;

  constructor(
    private readonly state: SimulatedState,
    private readonly job: SimulatedJob,
  ) {}

  async run(): Promise<void> {
    const { job, state } = this;
    const { plan } = job;
    await this.stay('validating', plan.delays.validating);
    if (this.isCanceled()) return this.endCanceled();
    job.faults = await job.dialect.validate(job);
    if (job.faults.length > 0) return this.enter('failed');
    if (plan.ending === 'failed' && plan.rows === 0) return this.failWhole();
    state.jobs.accept(job);
    if (plan.shuffled) this.order = shuffled(job.counts.total, state.seed);
    this.enter('in_progress');
    if (job.dialect.keepsPartial) await this.answerUpTo(Math.min(plan.rows, job.counts.total));
    await this.stay('in_progress', 0);
    if (plan.ending === 'stuck') await this.untilCanceled();
    if (this.isCanceled()) return this.endCanceled();
    if (plan.ending !== 'completed') {
      await pause(plan.delays.in_progress, job.cancel.signal);
      if (this.isCanceled()) return this.endCanceled();
      return plan.ending === 'failed' ? this.failWhole() : this.finish(plan.ending === 'expired' ? 'expired' : 'cancelled');
    }
    await this.answerRest();
    if (this.isCanceled() && job.dialect.keepsPartial) return this.endCanceled();
    this.enter('finalizing');
    await this.stay('finalizing', plan.delays.finalizing);
    return this.finish('completed');
  }

  /** Waits as long as the state lasts, less if somebody cancels. */
  private async stay(state: JobState, delayMs: number): Promise<void> {
    const signal = this.job.cancel.signal;
    const interruptible = state === 'cancelling' ? new AbortController().signal : signal;
    await pause(delayMs, interruptible);
    if (!this.job.plan.holds.includes(state) || interruptible.aborted || this.job.dropped) return;
    await new Promise<void>((resolve) => {
      const gate = { subject: jobSubject(this.job), open: resolve };
      this.state.gates.add(gate);
      interruptible.addEventListener('abort', () => {
        this.state.gates.delete(gate);
        resolve();
      });
    });
  }

  private async untilCanceled(): Promise<void> {
    const { signal } = this.job.cancel;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
  }

  private async answerRest(): Promise<void> {
    const { plan, counts, cancel } = this.job;
    const delay = plan.delays.in_progress;
    const steps = delay > 0 ? stepsOfSlowJob : 1;
    const start = this.done;
    for (let step = 1; step <= steps && !this.isCanceled(); step++) {
      await pause(delay / steps, cancel.signal);
      await this.answerUpTo(start + Math.round(((counts.total - start) * step) / steps));
    }
  }

  private async answerUpTo(end: number): Promise<void> {
    while (this.done < end && !(this.isCanceled() && this.job.dialect.keepsPartial)) {
      const count = Math.min(linesAtOnce, end - this.done);
      const output: string[] = [];
      const errors: string[] = [];
      for (const text of await this.linesFrom(this.done, count)) this.answer(this.job.dialect.readLine(this.job, text), output, errors);
      this.done += count;
      if (output.length > 0) await this.rows.write(Buffer.from(output.join('')));
      if (errors.length > 0) await this.errorRows.write(Buffer.from(errors.join('')));
      await new Promise((resolve) => setImmediate(resolve));
      if (this.job.dropped) throw new Error('dropped');
    }
  }

  private async linesFrom(first: number, count: number): Promise<string[]> {
    if (!this.order) return this.job.input.readLines(first, count);
    const texts: string[] = [];
    for (const line of this.order.slice(first, first + count)) texts.push(...(await this.job.input.readLines(line, 1)));
    return texts;
  }

  private answer(line: JobLine, output: string[], errors: string[]): void {
    const { job, charged } = this;
    const { outcome, usage, spoiler } = answerLine(this.state, job.provider, line);
    this.firstId ??= line.customId;
    const failed = outcome.status >= 400;
    job.counts[failed ? 'failed' : 'succeeded'] += 1;
    charged[failed ? 'failed' : 'answered'] += spoiler === 'missing_row' ? 0 : 1;
    if (usage) for (const name of ['inputTokens', 'outputTokens', 'cachedInputTokens', 'reasoningTokens'] as const) charged.usage[name] += usage[name];
    const target = failed && job.dialect.separateErrors ? errors : output;
    const rowFor = (customId: string): string => `${JSON.stringify(job.dialect.row({ ...line, customId }, outcome))}\n`;
    const row = rowFor(spoiler === 'clashing_row' ? this.firstId : line.customId);
    switch (spoiler) {
      case 'missing_row': return;
      case 'malformed_row': target.push(`${row.slice(0, Math.floor(row.length / 2))}\n`); return;
      case 'duplicate_row': target.push(row, row); return;
      case 'foreign_row': target.push(row, rowFor(`foreign-${line.customId}`.slice(0, 64))); return;
      default: target.push(row);
    }
  }

  private async failWhole(): Promise<void> {
    this.job.faults.push({ code: 'server_error', line: null, message: 'The simulated provider could not process this batch.', param: null });
    await this.finish('failed');
  }

  private async endCanceled(): Promise<void> {
    await this.stay('cancelling', this.job.plan.delays.cancelling);
    await this.finish('cancelled');
  }

  /** Writes what is left unanswered where the vendor tells it, publishes the result files and books what they cost. */
  private async finish(end: 'completed' | 'failed' | 'expired' | 'cancelled'): Promise<void> {
    const { job, state } = this;
    if (job.dropped) return;
    const delivers = end === 'completed' || job.dialect.keepsPartial;
    if (end === 'expired' || end === 'cancelled') await this.writeUnanswered(end);
    if (delivers && this.rows.bytes > 0) job.output = this.publish(this.rows, 'output');
    if (delivers && this.errorRows.bytes > 0) job.errors = this.publish(this.errorRows, 'error');
    if (delivers) state.jobs.charge(job, this.charged);
    this.enter(end);
  }

  private async writeUnanswered(reason: 'cancelled' | 'expired'): Promise<void> {
    const { job } = this;
    const left = job.counts.total - this.done;
    job.counts[reason === 'expired' ? 'expired' : 'canceled'] += left;
    while (this.done < job.counts.total) {
      const count = Math.min(linesAtOnce, job.counts.total - this.done);
      const rows: string[] = [];
      for (const text of await this.linesFrom(this.done, count)) {
        const row = job.dialect.unansweredRow(job.dialect.readLine(job, text), reason);
        if (row !== null) rows.push(`${JSON.stringify(row)}\n`);
      }
      this.done += count;
      if (rows.length > 0) await (job.dialect.separateErrors ? this.errorRows : this.rows).write(Buffer.from(rows.join('')));
    }
  }

  private publish(content: Spool, kind: 'output' | 'error'): SimulatedFile {
    const { job } = this;
    const id = job.dialect.outputId(job, kind);
    return this.state.jobs.addFile({ id, provider: job.provider, name: `${job.id.replaceAll('/', '_')}_${kind}.jsonl`, displayName: null, purpose: 'batch_output', mimeType: 'application/jsonl', createdAt: Date.now(), content });
  }

  private enter(state: JobState): void {
    if (!this.job.dropped) this.state.jobs.enter(this.job, state);
  }

  private isCanceled(): boolean {
    return this.job.cancel.signal.aborted;
  }
}

/** What rules and releases match a job by. */
export function jobSubject(job: SimulatedJob): MatchSubject {
  const rawBody = [job.id, job.name ?? '', JSON.stringify(job.metadata), job.inputFileId ?? '', job.opening].join('\n');
  return { provider: job.provider, model: job.model, base: job.model.split('@')[0] ?? '', task: 'answer', endpoint: 'job', rawBody, scope: 'job' };
}

/** 0 to count − 1 in an order drawn from the seed. */
function shuffled(count: number, seed: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(seededUnit(seed, 'order', count, last) * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}
