import { ActivityFailure, continueAsNew, executeChild, getExternalWorkflowHandle, isCancellation, ParentClosePolicy, proxyActivities, proxyLocalActivities, startChild, workflowInfo } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { RunActivities, Stop } from '../activities/run-activities.js';
import { benchmarkChunkWorkflow } from './benchmark-chunk.workflow.js';
import { batchWorkflow } from './batch.workflow.js';
import { failureReason } from './failure-reason.js';
import { batchSignals } from './messages/batch-messages.js';
import type { RunBenchmarkInput, RunBenchmarkResult } from './messages/run-messages.js';
import { stepOptions } from './policies/batch-policies.js';
import { runLocalOptions, runPolicies } from './policies/run-policies.js';
import type { RunPolicy } from './policies/run-policies.js';

type BenchmarkActivities = Pick<RunActivities, 'loadSamples' | 'answerSamples' | 'createSampleBatch' | 'awaitSampleBatch' | 'collectSampleBatch' | 'finishRunBenchmark'>;

const activities = proxyActivities<BenchmarkActivities>({ startToCloseTimeout: '1 minute' });

/** One benchmark of a run: its samples are loaded, answered chunk by chunk or by a batch, and judged. Never fails: what stops it is told to the run or stands in its row. */
export async function runBenchmarkWorkflow(input: RunBenchmarkInput): Promise<RunBenchmarkResult> {
  const work = new BenchmarkWork(input);
  try {
    return await work.carryOut();
  } catch (error) {
    if (isCancellation(error)) return { state: 'canceled' };
    if (!(error instanceof ActivityFailure)) throw error;
    return work.end(failureReason(error));
  }
}

class BenchmarkWork {
  private readonly policy: RunPolicy;
  private readonly local: Pick<RunActivities, 'nextChunk'>;
  private readonly underWay = new Set<Promise<void>>();
  private stop: Stop | null = null;
  private progressed = false;
  private canceled: Error | null = null;

  constructor(private readonly input: RunBenchmarkInput) {
    this.policy = runPolicies[input.policy];
    this.local = proxyLocalActivities<Pick<RunActivities, 'nextChunk'>>(runLocalOptions(this.policy));
  }

  async carryOut(): Promise<RunBenchmarkResult> {
    const { from, mode } = this.input;
    if (from === undefined) {
      const { needsSetup } = await activities.loadSamples.executeWithOptions(stepOptions(this.policy.loadSamples, `load · ${this.input.benchmark}`), [this.reference]);
      if (needsSetup !== null) return { state: 'ended' };
    }
    return mode === 'batch' ? this.byBatch() : this.byChunks();
  }

  async end(failure: { code: string; message: string } | null): Promise<RunBenchmarkResult> {
    await activities.finishRunBenchmark.executeWithOptions(stepOptions(this.policy.rows, 'judge'), [{ ...this.reference, failure }]);
    return { state: 'ended' };
  }

  private async byChunks(): Promise<RunBenchmarkResult> {
    const { window, concurrency } = this.shape();
    // A last chunk that is alone has nobody to share with.
    const shareOf = (chunk: { from: number; to: number }): number => (this.input.plan === null && this.underWay.size === 0 && chunk.to - chunk.from < this.chunkSize ? this.input.concurrency : concurrency);
    let next = this.input.from ?? 0;
    let isExhausted = false;
    for (;;) {
      while (!isExhausted && this.mayBegin() && this.underWay.size < window) {
        const { chunk, stop } = await this.local.nextChunk({ ...this.reference, from: next, size: this.chunkSize });
        if (stop) this.stopFor(stop);
        else if (!chunk) isExhausted = true;
        else {
          next = chunk.to;
          this.begin(chunk, shareOf(chunk));
        }
      }
      if (this.underWay.size === 0) break;
      await Promise.race(this.underWay);
    }
    if (this.canceled !== null) throw this.canceled;
    if (this.stop) return this.stopped(this.stop);
    if (!isExhausted) await continueAsNew<typeof runBenchmarkWorkflow>({ ...this.input, from: next });
    return this.end(null);
  }

  private begin(chunk: { from: number; to: number }, concurrency: number): void {
    const work: Promise<void> = this.answer(chunk, concurrency)
      .then(
        (stop) => {
          if (stop) this.stopFor(stop);
        },
        (error: unknown) => {
          if (error instanceof Error && isCancellation(error)) this.canceled ??= error;
          else this.stopFor({ by: 'failed', reason: failureReason(error) });
        },
      )
      .finally(() => this.underWay.delete(work));
    this.underWay.add(work);
  }

  private async answer({ from, to }: { from: number; to: number }, concurrency: number): Promise<Stop | null> {
    const { plan, policy, benchmark, runId } = this.input;
    if (plan === null) {
      const summary = `${benchmark} · samples ${from}–${to - 1}`;
      const { done, stop } = await activities.answerSamples.executeWithOptions(stepOptions(this.policy.answerSamples, summary), [{ ...this.reference, from, to, concurrency }]);
      if (done > 0) this.progressed = true;
      return stop;
    }
    return executeChild(benchmarkChunkWorkflow, {
      workflowId: `run/${runId}/${benchmark}/chunk/${from}`,
      args: [{ ...this.reference, from, to, concurrency, policy, plan }],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowTaskTimeout: this.policy.workflowTaskTimeoutMs,
      staticSummary: `${benchmark} · samples ${from}–${to - 1}`,
      ...searchAttributes(),
    });
  }

  /** By one batch after the other, as a batch holds only so many samples. */
  private async byBatch(): Promise<RunBenchmarkResult> {
    for (;;) {
      const result = await this.oneBatch();
      if (result !== null) return result;
    }
  }

  /** Null: there is more to ask. */
  private async oneBatch(): Promise<RunBenchmarkResult | null> {
    const made = await activities.createSampleBatch.executeWithOptions(stepOptions(this.policy.rows, 'make the batch'), [this.reference]);
    if (made === null) return this.end(null);
    if ('stop' in made) return this.stopped({ by: made.stop });
    const { batchId } = made;
    if (!made.isOver) await this.startBatch(batchId, made.items);
    const ended = await activities.awaitSampleBatch.executeWithOptions(stepOptions(this.policy.awaitBatch, `await · ${batchId}`), [{ ...this.reference, batchId }]);
    if (ended.state === 'held') return { state: 'held', reason: ended.reason };
    const { more } = await activities.collectSampleBatch.executeWithOptions(stepOptions(this.policy.loadSamples, `score · ${batchId}`), [{ ...this.reference, batchId }]);
    return more === true ? null : this.end(null);
  }

  // The batch outlives this workflow: it is a batch as any other. One that runs already, after a pause of the run, is told to go on.
  private async startBatch(batchId: string, items: number): Promise<void> {
    try {
      await startChild(batchWorkflow, {
        workflowId: `batch/${batchId}`,
        args: [{ batchId, policy: this.input.policy }],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowTaskTimeout: this.policy.workflowTaskTimeoutMs,
        staticSummary: `${items} items · ${this.input.benchmark} · batch`,
        ...searchAttributes(),
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await getExternalWorkflowHandle(`batch/${batchId}`).signal(batchSignals.resume).catch(() => undefined);
    }
  }

  private stopped(stop: Stop): Promise<RunBenchmarkResult> | RunBenchmarkResult {
    switch (stop.by) {
      case 'cancel':
        return { state: 'canceled' };
      case 'pause':
        return { state: 'held', reason: null };
      case 'hold':
        return { state: 'held', reason: stop.reason, progressed: this.progressed };
      case 'failed':
        return this.end(stop.reason);
      default: {
        const never: never = stop;
        return never;
      }
    }
  }

  // The strongest of several stays: cancel, then what ends the benchmark, then what holds it.
  private stopFor(stop: Stop): void {
    if (stop.by === 'hold' && stop.progressed) this.progressed = true;
    if (this.stop === null || strength(stop) > strength(this.stop)) this.stop = stop;
  }

  private mayBegin(): boolean {
    return this.stop === null && this.canceled === null && workflowInfo().historyLength < this.policy.newHistoryAfterEvents;
  }

  private get chunkSize(): number {
    return this.input.plan === null ? this.policy.chunk.plainSamples : this.policy.chunk.panelSamples;
  }

  private shape(): { window: number; concurrency: number } {
    const { plan, concurrency } = this.input;
    const window = plan === null ? Math.min(this.policy.plainWindow, concurrency) : Math.ceil(concurrency / this.policy.chunk.panelConcurrency);
    return { window, concurrency: Math.ceil(concurrency / window) };
  }

  private get reference(): { runId: string; benchmark: string } {
    return { runId: this.input.runId, benchmark: this.input.benchmark };
  }
}

function strength({ by }: Stop): number {
  return ['pause', 'hold', 'failed', 'cancel'].indexOf(by);
}

function searchAttributes() {
  const { typedSearchAttributes } = workflowInfo();
  return typedSearchAttributes.getAll().length > 0 ? { typedSearchAttributes } : {};
}
