import { setTimeout as wait } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { AdaptiveWindow } from '../domain/runs/adaptive-window.js';
import { untilDatabaseAnswers } from '../src/database/until-database-answers.js';
import type { PendingSample, RecordedAnswer } from '../src/runs/run-samples.store.js';
import { answerSample } from './answer-sample.js';
import type { ChunkAtWork, ChunkWork, Halt } from './answer-sample.js';
import { withHeartbeats } from './heartbeats.js';
import type { ChunkReference, RunActivities } from './run-activities.js';
import { benchmarkNamed, plainModel, runAtWork } from './run-parts.js';
import type { RunParts } from './run-parts.js';
import { Standstill } from './standstill.js';

/** Samples read at once. */
const pageSize = 100;
/** Milliseconds for which a page waits for a database that is away: what is under way waits for it too. */
const patienceMs = 60_000;

type Samples = AsyncGenerator<{ sample: PendingSample; recorded: ReadonlyMap<string, RecordedAnswer> }>;

/** The activity that answers a chunk of a plain model's samples. Answer and outcome are committed together before a sample counts, so a worker that dies repeats only what was under way. */
export function createAnswerSamples(parts: RunParts): RunActivities['answerSamples'] {
  return async (input) => {
    const context = Context.current();
    const run = await runAtWork(parts.state, input.runId);
    const model = plainModel(run.plan);
    if (!model) throw ApplicationFailure.nonRetryable(`Run ${run.id} is of a panel, not of a plain model.`, 'internal');
    const chunk = new SampleChunk({ parts, run, benchmark: benchmarkNamed(input.benchmark), model }, input);
    return withHeartbeats(context, chunk.answerAll(context), () => ({ done: chunk.done, errors: chunk.errors }));
  };
}

/** A chunk while it is answered: who else may begin, and what stops it. */
export class SampleChunk implements ChunkAtWork {
  done = 0;
  errors = 0;
  private halt: Halt | null = null;
  /** Ends pauses between attempts. */
  private readonly halted = new AbortController();
  /** Ends requests under way: only for what was canceled. */
  private readonly abandoned = new AbortController();
  private standstill: Standstill | null = null;
  private readonly window: AdaptiveWindow;
  private parked: (() => void)[] = [];
  /** Every sample of the chunk has been taken. */
  private isRead = false;

  constructor(
    readonly work: ChunkWork,
    private readonly input: ChunkReference & { concurrency: number },
  ) {
    this.window = new AdaptiveWindow(input.concurrency);
  }

  get abandonSignal(): AbortSignal {
    return this.abandoned.signal;
  }

  isHalted(): boolean {
    // Another attempt may be at these samples by now; Temporal says so a moment later.
    if (this.halt === null && this.standstill?.hasHappened()) this.stop({ by: 'worker' });
    return this.halt !== null;
  }

  /** Begins nothing more. Cancel is the strongest reason; otherwise the first one stays. */
  stop(halt: Halt): void {
    if (this.halt === null || halt.by === 'cancel') this.halt = halt;
    this.halted.abort();
    if (halt.by === 'cancel') this.abandoned.abort(new Error('The run was canceled.'));
    this.wake();
  }

  /** The provider said that it is too much: fewer samples are under way from now on. */
  slowDown(): void {
    this.window.slowedDown();
  }

  /** Waits between two attempts; cut short when the chunk stops. */
  async pause(delayMs: number): Promise<void> {
    await wait(delayMs, undefined, { signal: this.halted.signal }).catch(() => undefined);
  }

  async answerAll(context: Context): Promise<Awaited<ReturnType<RunActivities['answerSamples']>>> {
    const { parts, run } = this.work;
    const { input } = this;
    this.heed(await parts.state.look(run.id));
    const onEnd = (): void => {
      this.stop(context.cancellationDetails?.cancelRequested ? { by: 'cancel' } : { by: 'worker' });
    };
    if (context.cancellationSignal.aborted) onEnd();
    context.cancellationSignal.addEventListener('abort', onEnd, { once: true });
    const watch = this.watch();
    try {
      const samples = this.pending();
      const ends = await Promise.allSettled(Array.from({ length: input.concurrency }, (_, seat) => this.take(seat, samples)));
      // Only when no call of this attempt is under way any more may the next one begin.
      const broken = ends.find((end) => end.status === 'rejected');
      if (broken) throw broken.reason;
    } finally {
      clearInterval(watch);
      context.cancellationSignal.removeEventListener('abort', onEnd);
    }
    const { halt } = this;
    if (halt?.by === 'worker') throw ApplicationFailure.create({ message: 'The worker ended before all samples of this chunk were answered.', type: 'worker_ended', category: ApplicationFailureCategory.BENIGN, nextRetryDelay: 1 });
    return { done: this.done, errors: this.errors, stop: halt };
  }

  /** Answers samples one after the other; what breaks one ends the attempt, as all of its samples would be asked again beside it otherwise. */
  private async take(seat: number, samples: Samples): Promise<void> {
    try {
      await this.answerInTurn(seat, samples);
    } catch (error) {
      this.stop({ by: 'worker' });
      throw error;
    }
  }

  private async answerInTurn(seat: number, samples: Samples): Promise<void> {
    for (;;) {
      while (seat >= this.window.size && !this.isOver()) await new Promise<void>((resolve) => this.parked.push(resolve));
      if (this.isOver()) return;
      const next = await samples.next();
      if (next.done === true) {
        this.isRead = true;
        this.wake();
        return;
      }
      const result = await answerSample(this, next.value.sample, next.value.recorded);
      if (result === null) return;
      if (result.status === 'done') {
        this.done++;
        this.window.succeeded();
        if (this.parked.length > 0) this.wake();
      } else this.errors++;
    }
  }

  private isOver(): boolean {
    return this.isRead || this.isHalted();
  }

  private wake(): void {
    const { parked } = this;
    this.parked = [];
    for (const resume of parked) resume();
  }

  private async *pending(): Samples {
    const { input } = this;
    const { parts } = this.work;
    const page = (from: number) => untilDatabaseAnswers(async () => {
      const samples = await parts.samples.pending(input.runId, input.benchmark, { from, to: input.to, limit: pageSize });
      return { samples, recorded: samples.length === 0 ? new Map<string, Map<string, RecordedAnswer>>() : await parts.samples.recorded(samples.map(({ id }) => id)) };
    }, { patienceMs });
    for (let from = input.from; ;) {
      const { samples, recorded } = await page(from);
      for (const sample of samples) yield { sample, recorded: recorded.get(sample.id) ?? new Map<string, RecordedAnswer>() };
      const last = samples.at(-1);
      if (!last || samples.length < pageSize) return;
      from = last.ordinal + 1;
    }
  }

  private watch(): NodeJS.Timeout {
    const { parts, run } = this.work;
    this.standstill = new Standstill(parts.policy.answerSamples.heartbeatMs);
    let looking = false;
    return setInterval(() => {
      this.isHalted();
      if (looking) return;
      looking = true;
      void parts.state
        .look(run.id)
        .then((found) => { this.heed(found); })
        // The database is away: what is under way waits for it too.
        .catch(() => undefined)
        .finally(() => { looking = false; });
    }, parts.policy.answerSamples.lookMs);
  }

  private heed(found: 'cancel' | 'pause' | null): void {
    if (found !== null) this.stop({ by: found });
  }
}
