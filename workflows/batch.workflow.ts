import { allHandlersFinished, CancellationScope, condition, continueAsNew, defineQuery, defineSignal, isCancellation, proxyActivities, setHandler, startChild, workflowInfo } from '@temporalio/workflow';
import type { BatchActivities, PlannedJob, RoundPlan } from '../activities/batch-activities.js';
import type { BatchMode } from '../domain/batches/batch-status.js';
import { pauseDelayMs } from '../domain/failures/retry-delays.js';
import { initialControl, mayBegin, nextControl, pauseReason } from './batch-control.js';
import type { BatchControl, BatchEvent } from './batch-control.js';
import { toCallFailure } from './call-failure.js';
import { batchProgressQueryName, batchSignals, providerJobWorkflowType } from './messages/batch-messages.js';
import type { BatchProgress, BatchWorkflowInput, BatchWorkflowResult, ProviderJobResult, SwitchModeSignal } from './messages/batch-messages.js';
import { batchPolicies, stepOptions } from './policies/batch-policies.js';
import type { BatchPolicy } from './policies/batch-policies.js';
import type { providerJobWorkflow } from './provider-job.workflow.js';

type RowActivities = Pick<BatchActivities, 'loadItems' | 'planRound' | 'cancelJobs' | 'releaseJobs' | 'setBatchStatus' | 'retryFailedItems' | 'finishBatch'>;
type FinalStatus = BatchWorkflowResult['status'];

const activities = proxyActivities<RowActivities>({ startToCloseTimeout: '1 minute' });

/**
 * A batch: reads its items, then goes in rounds (plan the calls that are missing, carry out their jobs) until nothing is pending. Signals steer it; everything it must not
 * forget is in Postgres or in its input, so a new history, or a new execution after a termination, goes on where the rows say.
 */
export async function batchWorkflow(input: BatchWorkflowInput): Promise<BatchWorkflowResult> {
  const run = new BatchRun(input);
  run.listen();
  // A cancellation of the workflow itself (from the Web UI) is the signal.
  CancellationScope.current().cancelRequested.catch(() => {
    run.on({ type: 'cancel' });
  });
  return CancellationScope.nonCancellable(() => run.carryOut());
}

class BatchRun {
  private control: BatchControl;
  private round: number;
  private readonly policy: BatchPolicy;
  private readonly underWay = new Map<string, PlannedJob>();
  /** Jobs of this round whose workflows do not run: not begun yet, or held. */
  private waiting: PlannedJob[] = [];
  private resumesAt: number | null = null;
  /** The control that readers and jobs know of, and what they were told; null: nothing by this run. */
  private toldControl: BatchControl | null = null;
  private told: string | null = null;
  /** A job found the batch's row paused or switching, of which this run knows nothing: planning tells it. */
  private isRowAhead = false;
  /** Whether this run has been told the jobs that its rows have. */
  private hasPlanned = false;
  /** The control under which a job was held last without a reason of its own. */
  private readonly heldUnder = new Map<string, BatchControl>();
  /** Somebody asked to go on since this run began or last stood still. */
  private isResumed = false;

  constructor(private readonly input: BatchWorkflowInput) {
    this.policy = batchPolicies[input.policy];
    this.round = input.round ?? 0;
    this.control = {
      ...initialControl,
      retryFailed: input.retryFailed ?? false,
      pausedByUser: input.pausedByUser ?? false,
      switchTo: input.switchTo ?? null,
      rateLimitPauses: input.rateLimitPauses ?? 0,
      hold: input.hold ?? null,
    };
  }

  listen(): void {
    setHandler(defineSignal(batchSignals.pause), () => { this.on({ type: 'pause' }); });
    setHandler(defineSignal(batchSignals.resume), () => { this.on({ type: 'resume' }); });
    setHandler(defineSignal(batchSignals.cancel), () => { this.on({ type: 'cancel' }); });
    setHandler(defineSignal(batchSignals.retryFailed), () => { this.on({ type: 'retryFailed' }); });
    setHandler(defineSignal<[SwitchModeSignal]>(batchSignals.switchMode), ({ mode }) => { this.on({ type: 'switchMode', mode }); });
    setHandler(defineQuery<BatchProgress>(batchProgressQueryName), () => ({
      round: this.round,
      jobsUnderWay: this.underWay.size,
      pausedFor: pauseReason(this.control)?.code ?? null,
      resumesAt: this.resumesAt === null ? null : new Date(this.resumesAt).toISOString(),
    }));
  }

  on(event: BatchEvent): void {
    this.control = nextControl(this.control, event);
    if (event.type === 'resume') this.isResumed = true;
    if (!this.control.hold?.resumesByItself) this.resumesAt = null;
  }

  async carryOut(): Promise<BatchWorkflowResult> {
    if (this.input.round === undefined) {
      const { faults } = await activities.loadItems.executeWithOptions(this.rows('read the input'), [this.reference]);
      if (faults > 0) return this.finish('failed');
    }
    for (;;) {
      if (this.control.canceled) return this.cancel();
      if (pauseReason(this.control)) await this.standStill();
      else if (this.control.retryFailed) await this.retryFailed();
      else if (this.control.switchTo) await this.switchMode(this.control.switchTo);
      else if (await this.nextRound()) return this.finish('completed');
    }
  }

  /** Plans and carries out one round; true: nothing is pending any more. */
  private async nextRound(): Promise<boolean> {
    const plan = await activities.planRound.executeWithOptions(this.rows(`plan round ${this.round + 1}`), [{ ...this.reference, round: this.round }]);
    this.hasPlanned = true;
    if (plan.canceled) this.on({ type: 'cancel' });
    const isOver = plan.jobs.length === 0 && plan.pending === 0;
    if (plan.standing && !isOver && !this.control.canceled && (await this.adopt(plan.standing))) return false;
    if (plan.jobs.length === 0) {
      if (plan.pending === 0 && !plan.heldBy) return !this.control.retryFailed && !this.control.canceled;
      this.on({ type: 'hindered', ...(plan.heldBy ?? { code: 'internal', message: `${plan.pending} items are pending, but no call of theirs could be planned.` }) });
      return false;
    }
    const done = await this.runJobs(plan.jobs, plan.maxInflight ?? this.policy.window);
    if (done) this.round++;
    await this.newHistoryWhereLong();
    return false;
  }

  /**
   * Takes over what the batch's row says and this run does not know, as after the loss of an earlier run's history: a pause that nobody has ended, a switch of modes. True: there is
   * something to do before jobs may begin.
   */
  private async adopt({ pausedFor, nextMode }: NonNullable<RoundPlan['standing']>): Promise<boolean> {
    if (pauseReason(this.control) || this.control.switchTo) return true;
    if (nextMode) this.on({ type: 'switchMode', mode: nextMode });
    if (pausedFor && !this.isResumed) this.on(pausedFor.code === 'user' ? { type: 'pause' } : { type: 'hindered', ...pausedFor });
    else if (pausedFor) {
      this.told = null;
      await this.tell('running', null);
    }
    return nextMode !== null || pauseReason(this.control) !== null;
  }

  /** Carries out the jobs' workflows, some at a time for each provider; held ones begin again once nothing stands in the way. False: some are left. */
  private async runJobs(jobs: readonly PlannedJob[], window: number): Promise<boolean> {
    this.waiting = [...jobs];
    this.isRowAhead = false;
    for (;;) {
      await this.tellJobs();
      this.beginJobs(Math.min(window, this.policy.window));
      if (this.underWay.size === 0) return this.waiting.length === 0;
      const { size } = this.underWay;
      await this.waitUntil(() => this.underWay.size < size || this.control !== this.toldControl);
    }
  }

  private beginJobs(window: number): void {
    while (mayBegin(this.control) && !this.isRowAhead && !this.isLong()) {
      const index = this.waiting.findIndex(({ provider }) => this.countUnderWay(provider) < window);
      const [job] = index < 0 ? [] : this.waiting.splice(index, 1);
      if (!job) return;
      void this.runJob(job);
    }
  }

  private countUnderWay(provider: string): number {
    return [...this.underWay.values()].filter((job) => job.provider === provider).length;
  }

  /** Waits for `isOver`, or for the end of a pause that ends by itself. */
  private async waitUntil(isOver: () => boolean): Promise<void> {
    if (!this.control.hold?.resumesByItself) return condition(isOver);
    this.resumesAt ??= Date.now() + pauseDelayMs(Math.max(1, this.control.rateLimitPauses), this.policy.rateLimitPause);
    if (await condition(isOver, Math.max(1, this.resumesAt - Date.now()))) return;
    this.on({ type: 'timeUp' });
  }

  private async runJob(job: PlannedJob): Promise<void> {
    this.underWay.set(job.jobId, job);
    try {
      const child = await startChild<typeof providerJobWorkflow>(providerJobWorkflowType, {
        workflowId: `batch/${this.input.batchId}/job/${job.jobId}`,
        args: [{ ...job, batchId: this.input.batchId, policy: this.input.policy }],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowTaskTimeout: this.policy.workflowTaskTimeoutMs,
        staticSummary: `${job.mode} · ${job.provider}/${job.model} · ${job.lines} lines`,
        ...(workflowInfo().typedSearchAttributes.getAll().length > 0 ? { typedSearchAttributes: workflowInfo().typedSearchAttributes } : {}),
      });
      this.heed(job, await child.result());
    } catch (error) {
      // Somebody ended the job's workflow; its row says where it stands.
      const { code, message } = toCallFailure(error);
      this.heed(job, { jobId: job.jobId, status: 'held', failure: { code: isCancellation(error) ? 'internal' : code, message: `The workflow of job ${job.jobId} was ended: ${message}` } });
    } finally {
      this.underWay.delete(job.jobId);
    }
  }

  private heed(job: PlannedJob, { status, failure }: ProviderJobResult): void {
    if (status === 'held') this.waiting.push(job);
    if (status === 'held' && !failure && mayBegin(this.control)) {
      // Once is a pause that has just ended; twice would go on for ever.
      if (this.heldUnder.get(job.jobId) === this.control) this.isRowAhead = true;
      this.heldUnder.set(job.jobId, this.control);
    }
    if (status === 'collected') this.on({ type: 'progressed' });
    if (failure) this.on({ type: 'hindered', code: failure.code, message: failure.message });
  }

  /** Tells jobs under way what they must know of the control; they read it in the batch's row. */
  private async tellJobs(): Promise<void> {
    while (this.toldControl !== this.control) {
      this.toldControl = this.control;
      const { canceled, switchTo } = this.control;
      const reason = pauseReason(this.control);
      if (canceled) await this.askToCancel();
      else if (reason) await this.tell('paused', reason, switchTo ? { nextMode: switchTo } : {});
      else if (switchTo) await this.tell(`running, then ${switchTo}`, null, { nextMode: switchTo });
      else if (this.told !== null) await this.tell('running', null);
    }
  }

  private async askToCancel(): Promise<void> {
    if (this.told === 'canceled') return;
    this.told = 'canceled';
    await activities.cancelJobs.executeWithOptions(this.rows('cancel at the providers'), [this.reference]);
  }

  private async tell(what: string, reason: { code: string; message: string } | null, change: { mode?: BatchMode; nextMode?: BatchMode } = {}): Promise<void> {
    const told = `${what} ${reason?.message ?? ''}`;
    if (this.told === told) return;
    this.told = told;
    await activities.setBatchStatus.executeWithOptions(this.rows(what), [{ ...this.reference, status: reason ? 'paused' : 'running', reason, ...change }]);
  }

  private async standStill(): Promise<void> {
    const reason = pauseReason(this.control);
    if (!reason) return;
    this.isResumed = false;
    await this.tell('paused', reason);
    await this.waitUntil(() => this.control.canceled || pauseReason(this.control)?.message !== reason.message);
    if (!this.control.canceled && !pauseReason(this.control)) await this.tell('running', null);
    await this.newHistoryWhereLong();
  }

  private async retryFailed(): Promise<void> {
    this.control = { ...this.control, retryFailed: false };
    await activities.retryFailedItems.executeWithOptions(this.rows('retry failed items'), [this.reference]);
  }

  // Everything that was at a provider has been collected: rounds end only then.
  private async switchMode(mode: BatchMode): Promise<void> {
    await activities.releaseJobs.executeWithOptions(this.rows('take planned jobs back'), [this.reference]);
    await this.tell(`switched to ${mode}`, null, { mode });
    if (this.control.switchTo === mode) this.control = { ...this.control, switchTo: null };
  }

  private async cancel(): Promise<BatchWorkflowResult> {
    await this.askToCancel();
    // A run that began with this knows of no job yet; nothing new is planned any more.
    if (!this.hasPlanned) await this.nextRound();
    // Jobs that were held may still be at their providers: one more try to end them there and keep what they did.
    await Promise.all(this.waiting.splice(0).map((job) => this.runJob(job)));
    await activities.cancelJobs.executeWithOptions(this.rows('close what is left'), [{ ...this.reference, final: true }]);
    return this.finish('canceled');
  }

  private async finish(status: FinalStatus): Promise<BatchWorkflowResult> {
    const counts = await activities.finishBatch.executeWithOptions(this.rows('write the outcome'), [{ ...this.reference, status }]);
    await condition(allHandlersFinished);
    // Asked for while the outcome was written: the items that failed get their retry in a new history.
    if (this.control.retryFailed && status === 'completed') await this.newHistory();
    return { batchId: this.input.batchId, status, ...counts };
  }

  private isLong(): boolean {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    return historyLength > this.policy.newHistoryAfterEvents || continueAsNewSuggested;
  }

  private async newHistoryWhereLong(): Promise<void> {
    if (!this.control.canceled && this.isLong()) await this.newHistory();
  }

  private async newHistory(): Promise<void> {
    await condition(allHandlersFinished);
    const { batchId, policy } = this.input;
    const { retryFailed, pausedByUser, switchTo, rateLimitPauses, hold } = this.control;
    await continueAsNew<typeof batchWorkflow>({ batchId, policy, round: this.round, retryFailed, pausedByUser, rateLimitPauses, ...(switchTo ? { switchTo } : {}), ...(hold ? { hold } : {}) });
  }

  private get reference(): { batchId: string } {
    return { batchId: this.input.batchId };
  }

  private rows(summary: string): ReturnType<typeof stepOptions> {
    return stepOptions(this.policy.rows, summary);
  }
}
