import { CancellationScope, condition, defineSignal, getExternalWorkflowHandle, isCancellation, patched, proxyActivities, setHandler, startChild, workflowInfo } from '@temporalio/workflow';
import type { BegunRun, RunActivities } from '../activities/run-activities.js';
import { pauseDelayMs } from '../domain/failures/retry-delays.js';
import { initialControl, nextControl, pauseReason } from './batch-control.js';
import type { BatchControl, BatchEvent } from './batch-control.js';
import { toCallFailure } from './call-failure.js';
import { failureReason } from './failure-reason.js';
import { batchSignals } from './messages/batch-messages.js';
import { runSignals } from './messages/run-messages.js';
import type { RunBenchmarkResult, RunWorkflowInput, RunWorkflowResult } from './messages/run-messages.js';
import { batchPolicies, stepOptions } from './policies/batch-policies.js';
import { runPolicies } from './policies/run-policies.js';
import type { RunPolicy } from './policies/run-policies.js';
import { runBenchmarkWorkflow } from './run-benchmark.workflow.js';

type RowActivities = Pick<RunActivities, 'beginRun' | 'setRunStatus' | 'steerSampleBatches' | 'retryErrors' | 'finishRun'>;
type Failure = { code: string; message: string };

const activities = proxyActivities<RowActivities>({ startToCloseTimeout: '1 minute' });

/** A benchmark run: its benchmarks one after the other, each a workflow of its own. Signals steer it, as they do a batch; what it must not forget is in Postgres. */
export async function benchmarkRunWorkflow(input: RunWorkflowInput): Promise<RunWorkflowResult> {
  const run = new BenchmarkRun(input);
  run.listen();
  // A cancellation of the workflow itself (from the Web UI) is the signal.
  CancellationScope.current().cancelRequested.catch(() => {
    run.on({ type: 'cancel' });
  });
  return CancellationScope.nonCancellable(() => run.carryOut());
}

class BenchmarkRun {
  private control: BatchControl;
  private readonly policy: RunPolicy;
  private readonly under: CancellationScope = new CancellationScope({ cancellable: true });
  private told = '';
  private underWay: string | null = null;
  private mode: BegunRun['mode'] = 'realtime';

  constructor(private readonly input: RunWorkflowInput) {
    this.policy = runPolicies[input.policy];
    this.control = { ...initialControl, retryFailed: input.retryErrors ?? false };
  }

  listen(): void {
    setHandler(defineSignal(runSignals.pause), () => { this.on({ type: 'pause' }); });
    setHandler(defineSignal(runSignals.resume), () => { this.on({ type: 'resume' }); });
    setHandler(defineSignal(runSignals.cancel), () => { this.on({ type: 'cancel' }); });
    setHandler(defineSignal(runSignals.retryErrors), () => { this.on({ type: 'retryFailed' }); });
  }

  on(event: BatchEvent): void {
    this.control = nextControl(this.control, event);
    if (this.control.canceled) this.under.cancel();
  }

  async carryOut(): Promise<RunWorkflowResult> {
    for (;;) {
      if (this.control.retryFailed) await this.retryErrors();
      const failure = await this.benchmarks();
      // Signals that came while the last benchmark ended count: cancel is terminal, and retried errors are asked again.
      if (this.control.retryFailed) continue;
      const end = await activities.finishRun.executeWithOptions(this.rows('finish'), [{ ...this.reference, canceled: this.control.canceled, failure }]);
      // Read anew: signals change it while the row is written.
      if (!this.wantsRetry()) return { runId: this.input.runId, ...end };
    }
  }

  private wantsRetry(): boolean {
    return this.control.retryFailed;
  }

  /** Carries out every benchmark that has not succeeded; returns why the run could not begin, if so. */
  private async benchmarks(): Promise<Failure | null> {
    if (this.control.canceled) return null;
    let begun: BegunRun;
    try {
      begun = await activities.beginRun.executeWithOptions(this.rows('begin'), [this.reference]);
    } catch (error) {
      return failureReason(error);
    }
    this.mode = begun.mode;
    for (const benchmark of begun.benchmarks) await this.carryOutOne(begun, benchmark);
    return null;
  }

  private async carryOutOne(begun: BegunRun, benchmark: string): Promise<void> {
    while (!this.control.canceled) {
      if (pauseReason(this.control)) await this.standStill();
      else {
        const result = await this.runBenchmark(begun, benchmark);
        if (result.state === 'ended' || (result.state === 'held' && result.progressed)) this.on({ type: 'progressed' });
        if (result.state !== 'held') return;
        if (result.reason) this.on({ type: 'hindered', ...result.reason });
      }
    }
  }

  private async runBenchmark({ mode, concurrency, plan }: BegunRun, benchmark: string): Promise<RunBenchmarkResult> {
    this.underWay = benchmark;
    const ended: { result: RunBenchmarkResult | null } = { result: null };
    const work = this.under.run(async () => {
      const child = await startChild(runBenchmarkWorkflow, {
        workflowId: `run/${this.input.runId}/${benchmark}`,
        args: [{ runId: this.input.runId, benchmark, mode, concurrency, plan, policy: this.input.policy }],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowTaskTimeout: this.policy.workflowTaskTimeoutMs,
        staticSummary: benchmark,
        ...searchAttributes(),
      });
      return child.result();
    });
    const settled = work.then(
      (result) => { ended.result = result; },
      (error: unknown) => {
        const { code, message } = toCallFailure(error);
        // Somebody ended the benchmark's workflow; its rows say where it stands.
        ended.result = isCancellation(error) ? { state: 'canceled' } : { state: 'held', reason: { code, message: `The workflow of ${benchmark} was ended: ${message}` } };
      },
    );
    for (;;) {
      const { result } = ended;
      if (result !== null) {
        await settled;
        this.underWay = null;
        return result;
      }
      const control = this.control;
      await this.tell();
      await condition(() => ended.result !== null || this.control !== control);
    }
  }

  /** Writes what workers and readers must know of the control. */
  private async tell(): Promise<void> {
    const reason = pauseReason(this.control);
    const told = this.control.canceled ? 'canceled' : reason ? `paused ${reason.message}` : 'running';
    if (this.told === told || (this.told === '' && told === 'running')) return;
    this.told = told;
    if (this.control.canceled) await this.cancelBatches();
    else {
      await activities.setRunStatus.executeWithOptions(this.rows(told), [{ ...this.reference, status: reason ? 'paused' : 'running', reason }]);
      if (this.mode === 'batch' && this.underWay !== null) await this.steerBatches(reason ? batchSignals.pause : batchSignals.resume);
    }
  }

  private async cancelBatches(): Promise<void> {
    if (this.mode !== 'batch') return;
    await this.steerBatches(batchSignals.cancel);
  }

  private async steerBatches(signal: string): Promise<void> {
    const { batchIds } = await activities.steerSampleBatches.executeWithOptions(this.rows(signal), [{ ...this.reference, cancel: signal === batchSignals.cancel }]);
    for (const batchId of batchIds) await getExternalWorkflowHandle(`batch/${batchId}`).signal(signal).catch(() => undefined);
  }

  private async standStill(): Promise<void> {
    const before = pauseReason(this.control);
    await this.tell();
    // Whoever reads the row may say that it goes on before the row is known here to be written: it stands still for what it told, not for what is left of that.
    const reason = patched('2026-11-resume-while-told') ? before : pauseReason(this.control);
    const isOver = (): boolean => this.control.canceled || pauseReason(this.control)?.message !== reason?.message;
    if (!this.control.hold?.resumesByItself) await condition(isOver);
    else if (!(await condition(isOver, pauseDelayMs(Math.max(1, this.control.rateLimitPauses), batchPolicies[this.input.policy].rateLimitPause)))) this.on({ type: 'timeUp' });
    if (!this.control.canceled && !pauseReason(this.control)) await this.tell();
    // The batch for which the run stands still would stand still for ever, and what it has at a provider would go on.
    if (this.control.canceled && this.mode === 'batch' && patched('2026-11-cancel-of-a-held-batch')) await this.tell();
  }

  private async retryErrors(): Promise<void> {
    this.control = { ...this.control, retryFailed: false };
    await activities.retryErrors.executeWithOptions(this.rows('retry errors'), [this.reference]);
  }

  private get reference(): { runId: string } {
    return { runId: this.input.runId };
  }

  private rows(summary: string): ReturnType<typeof stepOptions> {
    return stepOptions(this.policy.rows, summary);
  }
}

function searchAttributes() {
  const { typedSearchAttributes } = workflowInfo();
  return typedSearchAttributes.getAll().length > 0 ? { typedSearchAttributes } : {};
}
