import { ApplicationFailure } from '@temporalio/common';
import type { Benchmark, DatasetManifest } from '../domain/benchmarks/benchmark.js';
import { findBenchmark } from '../domain/benchmarks/registry.js';
import type { CompletionOutcome } from '../domain/chat/decision.js';
import type { ModelReference } from '../domain/chat/call.js';
import type { StrategyPlan } from '../domain/chat/plan.js';
import type { CallFailure } from '../domain/failures/failure-code.js';
import type { RetryKnobs } from '../domain/failures/retry-delays.js';
import type { BudgetsStore } from '../src/budgets/budgets.store.js';
import type { InferenceClient } from '../src/providers/inference-client.js';
import type { RunScoresStore } from '../src/runs/run-scores.store.js';
import type { PendingSample, RunSamplesStore, SampleResult } from '../src/runs/run-samples.store.js';
import type { RunAtWork, RunStateStore } from '../src/runs/run-state.store.js';
import type { SampleBatchesStore } from '../src/runs/sample-batches.store.js';
import type { RunPolicy } from '../workflows/policies/run-policies.js';
import type { MakeCallParts } from './make-call.js';
import type { SampleWriter } from './sample-writer.js';

/** A data set that is at hand: its rows may be read as often as wanted. */
export interface OpenedDataset {
  /** With the hashes of the files that are read. */
  manifest: DatasetManifest;
  rows(): AsyncIterable<unknown>;
}

/** What the worker gives the activities of runs. */
export interface RunParts {
  state: RunStateStore;
  samples: RunSamplesStore;
  scores: RunScoresStore;
  batches: SampleBatchesStore;
  budgets: BudgetsStore;
  writer: SampleWriter;
  /** Calls that keep the run's cap. */
  calls: Omit<MakeCallParts, 'ledger'>;
  policy: RunPolicy;
  /** When a call that failed is tried again. */
  retry: RetryKnobs;
  inference: InferenceClient;
  /** Of a model; null: unknown. */
  limits(model: ModelReference): { contextTokens: number | null; outputTokens: number | null };
  /** The data set, downloaded where need be. `ok: false`: it can't be had, and how to provide it. Throws `DatasetFault`-like errors with a `code` for files that are wrong. */
  openDataset(benchmark: Benchmark, onProgress: (progress: { file: string; bytes: number; ofBytes: number | null }) => void): Promise<({ ok: true } & OpenedDataset) | { ok: false; instructions: string }>;
  /** Of this process. */
  codeVersion: string;
  /** Milliseconds for each call to a Gremium. */
  gremiumTimeoutMs: number;
  /** Address of the Gremium; null: not enabled. */
  gremiumBaseUrl: string | null;
}

/** The run; one that is gone is nobody's work. */
export async function runAtWork(state: RunStateStore, runId: string): Promise<RunAtWork> {
  const run = await state.find(runId);
  if (!run) throw ApplicationFailure.nonRetryable(`Run ${runId} is not in the database: its workflow belongs to another one, or it was deleted.`, 'internal');
  return run;
}

/** The benchmark of that name; one of an older product may be gone. */
export function benchmarkNamed(name: string): Benchmark {
  const benchmark = findBenchmark(name);
  if (!benchmark) throw ApplicationFailure.nonRetryable(`There is no benchmark '${name}'. "conclave benchmarks list" shows those there are.`, 'unknown_benchmark');
  return benchmark;
}

/** The one model of a plan that passes the question through; null: a panel. */
export function plainModel(plan: StrategyPlan): ModelReference | null {
  const [member] = plan.members;
  return plan.strategy === 'single' && member?.kind === 'model' ? member.model : null;
}

const nothing = { answer: null, finishReason: null, decision: null, verdict: null, score: null, extracted: null, also: null, scorerVersion: null, latencyMs: null, tokenChanges: null, failure: null, batchItemId: null };

/** A sample that was answered, scored; one that its scorer fails at is an error, as its answer would be paid again and again otherwise. */
export function scored(benchmark: Benchmark, sample: Pick<PendingSample, 'id' | 'item' | 'order' | 'expected'>, answer: { text: string; finishReason: string }, rest: Partial<SampleResult>): SampleResult {
  let scores: ReturnType<Benchmark['score']>;
  try {
    scores = benchmark.score(sample.item, sample, answer.text);
  } catch (error) {
    return failed(sample.id, { code: 'internal', message: `The answer could not be scored by '${benchmark.name}': ${error instanceof Error ? error.message : String(error)}` }, rest);
  }
  const { verdict, score, extracted, also } = scores;
  return { ...nothing, id: sample.id, status: 'done', answer: answer.text, finishReason: answer.finishReason, verdict, score, extracted, also: Object.keys(also).length === 0 ? null : also, scorerVersion: benchmark.scorerVersion, ...rest };
}

/** A sample without an answer: its own state, never a wrong answer. */
export function failed(id: string, failure: CallFailure, rest: Partial<SampleResult> = {}): SampleResult {
  return { ...nothing, id, status: 'error', failure, ...rest };
}

/** A panel's outcome as a sample's result. */
export function resultOf(benchmark: Benchmark, sample: PendingSample, outcome: CompletionOutcome, rest: Partial<SampleResult>): SampleResult {
  if (!outcome.ok) return failed(sample.id, { code: failureCodeOf(outcome.failure.code), message: outcome.failure.message }, rest);
  const [choice] = outcome.decision.choices;
  if (!choice) return failed(sample.id, { code: 'empty_answer', message: 'The panel gave no answer.' }, rest);
  return scored(benchmark, sample, choice, { decision: outcome.decision, ...rest });
}

function failureCodeOf(code: string): CallFailure['code'] {
  switch (code) {
    case 'upstream_auth':
      return 'auth';
    case 'context_length_exceeded':
      return 'context_length';
    case 'deadline_exceeded':
    case 'bad_request':
    case 'content_filter':
    case 'canceled':
    case 'internal':
      return code;
    default:
      return 'server_error';
  }
}
