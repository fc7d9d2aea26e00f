import { ApplicationFailure } from '@temporalio/common';
import type { Benchmark } from '../domain/benchmarks/benchmark.js';
import { callKey } from '../domain/chat/call.js';
import type { CallModelInput, ModelReference } from '../domain/chat/call.js';
import { estimateTokens } from '../domain/chat/estimate-tokens.js';
import type { CallFailure } from '../domain/failures/failure-code.js';
import { retryDelayMs } from '../domain/failures/retry-delays.js';
import { doubledAfterTruncation, fitToContext, shrunkAfterRefusal } from '../domain/runs/token-policy.js';
import type { TokenChange, TokenLimits } from '../domain/runs/token-policy.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import type { PendingSample, RecordedAnswer, SampleResult } from '../src/runs/run-samples.store.js';
import type { RunAtWork } from '../src/runs/run-state.store.js';
import type { CallRecord } from '../src/traces/calls.store.js';
import { conversationOf } from './compose-request.js';
import { makeCall } from './make-call.js';
import type { Stop } from './run-activities.js';
import { failed, scored } from './run-parts.js';
import type { RunParts } from './run-parts.js';

/** Why no further sample is begun; `worker`: this process ends. */
export type Halt = Stop | { by: 'worker' };

/** What the samples of a chunk share. */
export interface ChunkWork {
  parts: RunParts;
  run: RunAtWork;
  benchmark: Benchmark;
  model: ModelReference;
}

/** The chunk as one of its samples sees it. */
export interface ChunkAtWork {
  work: ChunkWork;
  /** Aborted where the run was canceled. */
  abandonSignal: AbortSignal;
  isHalted(): boolean;
  stop(halt: Halt): void;
  slowDown(): void;
  /** Waits between two attempts; cut short when the chunk stops. */
  pause(delayMs: number): Promise<void>;
}

type Answer = Pick<RecordedAnswer, 'text' | 'finishReason'>;
/** What one logical call came to; `stopped`: the chunk ended before it was known. */
type Called = { kind: 'answer'; answer: Answer } | { kind: 'failed'; failure: CallFailure } | { kind: 'refused'; why: string } | { kind: 'stopped' };

/** Failures that every further sample would meet. */
const fatal = new Set<string>(['auth', 'billing', 'not_found']);
const aboutTokens = /max_?(?:output_|completion_)?_?tokens|maxOutputTokens|output token/i;

/** Answers one sample by as many calls as it takes, scores it, and commits both; null: the chunk stopped before it had an outcome. */
export function answerSample(chunk: ChunkAtWork, sample: PendingSample, recorded: ReadonlyMap<string, RecordedAnswer>): Promise<SampleResult | null> {
  return new SampleAnswering(chunk, sample, recorded).answer();
}

class SampleAnswering {
  private readonly startedAt = Date.now();
  private readonly changes: TokenChange[] = [];
  private readonly inputTokens: number;
  private limits: TokenLimits;
  private maxOutputTokens: number | undefined;
  /** Attempts that are not committed yet. */
  private records: CallRecord[] = [];
  private attempts = 0;

  constructor(
    private readonly chunk: ChunkAtWork,
    private readonly sample: PendingSample,
    private readonly recorded: ReadonlyMap<string, RecordedAnswer>,
  ) {
    const { parts, run, model } = chunk.work;
    this.limits = { ...parts.limits(model), isExplicit: run.config.max_tokens !== undefined };
    this.inputTokens = estimateTokens(sample.request);
    this.maxOutputTokens = sample.request.sampling.maxOutputTokens;
  }

  async answer(): Promise<SampleResult | null> {
    const fitting = fitToContext(this.sample.request.sampling, this.inputTokens, this.limits);
    if (fitting === null) return this.commit(this.failed({ code: 'context_length', message: `The question has about ${this.inputTokens} tokens and leaves no room for an answer.` }));
    if (fitting.change) this.take(fitting.change);
    let latencyMs: number | null = null;
    for (let doublings = 0; ;) {
      const key = callKey({ path: '', stage: 'answer', layer: 0, memberIndex: 0, sample: doublings });
      const known = this.recorded.get(key);
      latencyMs = known ? (latencyMs ?? 0) + known.latencyMs : latencyMs;
      const called: Called = known ? { kind: 'answer', answer: known } : await this.call(key);
      if (called.kind === 'stopped') {
        await this.flush();
        return null;
      }
      if (called.kind === 'failed') return this.commit(this.failed(called.failure));
      if (called.kind === 'refused') {
        const refused = this.maxOutputTokens;
        const change = shrunkAfterRefusal(refused, called.why);
        if (!change || refused === undefined) return this.commit(this.failed({ code: 'context_length', message: called.why }));
        this.limits = { ...this.limits, outputTokens: Math.min(this.limits.outputTokens ?? Infinity, refused - 1) };
        this.take(change);
        continue;
      }
      const doubled = called.answer.finishReason === 'length' ? doubledAfterTruncation(this.maxOutputTokens, doublings, this.inputTokens, this.limits) : null;
      if (!doubled) return this.commit(this.scored(called.answer, known ? latencyMs : Date.now() - this.startedAt));
      this.take(doubled);
      doublings++;
      await this.flush();
    }
  }

  private take(change: TokenChange): void {
    this.changes.push(change);
    this.maxOutputTokens = change.maxOutputTokens;
  }

  /** Makes one logical call, as often as it may be tried. */
  private async call(key: string): Promise<Called> {
    const { chunk } = this;
    const { sample: policy } = chunk.work.parts.policy;
    let rateLimits = 0;
    for (let attempt = 1; ;) {
      if (chunk.isHalted()) return { kind: 'stopped' };
      const remainingMs = this.startedAt + policy.timeoutMs - Date.now();
      if (remainingMs <= 0) return { kind: 'failed', failure: { code: 'deadline_exceeded', message: `No answer within ${policy.timeoutMs / 1_000} s.` } };
      const tried = await this.attempt(key, remainingMs);
      if (!(tried instanceof ProviderFailure)) return tried;
      await this.flush();
      rateLimits = tried.code === 'rate_limit' ? rateLimits + 1 : 0;
      if (tried.code === 'rate_limit' || tried.code === 'overloaded') chunk.slowDown();
      const delayMs = retryDelayMs(tried.code, tried.code === 'rate_limit' ? rateLimits : attempt, chunk.work.parts.retry, tried.retryAfterMs);
      if (delayMs === null) return this.givenUp(tried);
      if (tried.code !== 'rate_limit') attempt++;
      await chunk.pause(Math.min(delayMs, policy.longestRetryMs));
    }
  }

  private givenUp(failure: ProviderFailure): Called {
    const { code, message, httpStatus } = failure;
    const subject = `${failure.provider}/${failure.model}`;
    if (fatal.has(code)) this.chunk.stop({ by: 'failed', reason: { code, message: `'${subject}' can't be called: ${message}` } });
    if (code === 'rate_limit') this.chunk.stop({ by: 'hold', reason: { code, message: `'${subject}' refuses more calls: ${message}` } });
    if (fatal.has(code) || code === 'rate_limit') return { kind: 'stopped' };
    if (code === 'context_length' || (code === 'bad_request' && aboutTokens.test(message))) return { kind: 'refused', why: message };
    return { kind: 'failed', failure: { code, message, ...(httpStatus === undefined ? {} : { httpStatus }) } };
  }

  private async attempt(key: string, remainingMs: number): Promise<Called | ProviderFailure> {
    const { parts } = this.chunk.work;
    const ledger = {
      enter: (record: CallRecord) => {
        this.records.push(record);
        return Promise.resolve(null);
      },
      tellEnded: () => undefined,
    };
    try {
      const { text, finishReason } = await makeCall({ ...parts.calls, ledger }, this.input(key, remainingMs), conversationOf(this.sample.request), { number: this.sample.attempt + ++this.attempts, signal: this.chunk.abandonSignal });
      return { kind: 'answer', answer: { text, finishReason } };
    } catch (error) {
      if (this.chunk.abandonSignal.aborted) return { kind: 'stopped' };
      if (error instanceof ProviderFailure) return error;
      if (error instanceof ApplicationFailure && (error.type === 'cost_cap' || error.type === 'token_cap')) {
        this.chunk.stop({ by: 'hold', reason: { code: error.type, message: error.message } });
        return { kind: 'stopped' };
      }
      return { kind: 'failed', failure: { code: 'internal', message: error instanceof Error ? error.message : String(error) } };
    }
  }

  private input(key: string, remainingMs: number): CallModelInput {
    const { parts, run, model } = this.chunk.work;
    const callTimeoutMs = model.provider.startsWith('gremium') ? parts.gremiumTimeoutMs : parts.policy.sample.callTimeoutMs;
    return {
      completionId: this.sample.id,
      groupId: run.id,
      key,
      stage: 'answer',
      memberIndex: 0,
      of: 1,
      model,
      prompt: { conversation: true },
      sampling: 'client',
      samplingOverride: { ...run.plan.members[0]?.sampling, ...(this.maxOutputTokens === undefined ? {} : { maxOutputTokens: this.maxOutputTokens }) },
      tools: false,
      stream: false,
      progress: false,
      timeoutMs: Math.min(callTimeoutMs, remainingMs),
    };
  }

  private scored(answer: Answer, latencyMs: number | null): SampleResult {
    return scored(this.chunk.work.benchmark, this.sample, answer, { latencyMs, tokenChanges: this.tokenChanges });
  }

  private failed(failure: CallFailure): SampleResult {
    return failed(this.sample.id, failure, { tokenChanges: this.tokenChanges });
  }

  private get tokenChanges(): TokenChange[] | null {
    return this.changes.length === 0 ? null : this.changes;
  }

  private async commit(result: SampleResult): Promise<SampleResult> {
    await this.write(result);
    return result;
  }

  private async flush(): Promise<void> {
    if (this.records.length > 0) await this.write(null);
  }

  private async write(result: SampleResult | null): Promise<void> {
    const { records } = this;
    this.records = [];
    await this.chunk.work.parts.writer.write(records, result);
  }
}
