import { z } from 'zod';
import { benchmarkBlockSchema, summarySchema, type ExportableRun, type RunDocumentBenchmark } from '../../domain/exports/run-document.js';
import { batchModes } from '../../domain/batches/batch-status.js';
import { isFinalRun, runBenchmarkStatuses, runStatuses } from '../../domain/runs/run-status.js';
import { samplingAlgorithm } from '../../domain/benchmarks/seeded-rank.js';
import { costInUsd } from '../../domain/pricing/cost-in-usd.js';
import type { RunRow } from './runs.store.js';

const moment = z.string().nullable();
const reason = z.object({ code: z.string(), message: z.string() }).nullable();
const share = z.number().nullable();

const benchmarkSchema = z.object({
  name: z.string(),
  display_name: z.string(),
  status: z.enum(runBenchmarkStatuses),
  reason,
  badge: z.enum(['official', 'simplified']),
  differences: benchmarkBlockSchema.shape.differences,
  metric: z.string(),
  scorer_version: z.string().nullable(),
  dataset: benchmarkBlockSchema.shape.dataset,
  prompt_hash: z.string().nullable(),
  samples: z.int(),
  done: z.int(),
  correct: z.int(),
  incorrect: z.int(),
  unextracted: z.int(),
  errors: z.int(),
  accuracy: share,
  wilson_95: summarySchema.shape.wilson_95,
  standard_error: summarySchema.shape.standard_error,
  coverage: share,
  error_rate: share,
  unextracted_rate: share,
  also: summarySchema.shape.also,
  by_category: summarySchema.shape.by_category,
  by_group: summarySchema.shape.by_group,
  input_tokens: z.int(),
  output_tokens: z.int(),
  cost_usd: z.number().nullable().describe('Of the calls whose cost is known; null: of none'),
  cost_known: z.boolean(),
  rate_per_second: z.number().nullable().describe('Answered samples: lately while it runs, over all its time when it is over'),
  eta_seconds: z.number().nullable(),
  batch_id: z.string().nullable().describe('The batch that carries it, in mode batch'),
});

/** A run as lists show it. */
export const listedRunSchema = z
  .object({
    id: z.string(),
    object: z.literal('run'),
    status: z.enum(runStatuses),
    reason,
    provider: z.string(),
    model: z.string(),
    strategy: z.string(),
    panel: z.object({ name: z.string(), version: z.int() }).nullable(),
    mode: z.enum(batchModes),
    selected_benchmarks: z.array(z.string()),
    subset: z.object({ seed: z.string(), percent: z.number().nullable(), count: z.int().nullable(), algorithm: z.string() }),
    epochs: z.int(),
    concurrency: z.int(),
    cost_cap_usd: z.number().nullable(),
    token_cap: z.int().nullable(),
    judge: z.object({ provider: z.string(), model: z.string() }).nullable(),
    config: z.record(z.string(), z.unknown()),
    tags: z.array(z.string()),
    metadata: z.record(z.string(), z.unknown()),
    simulated: z.boolean(),
    code_version: z.string(),
    created_at: z.string(),
    started_at: moment,
    finished_at: moment,
  })
  .meta({ id: 'ListedRun' });
export type ListedRunBody = z.infer<typeof listedRunSchema>;

export const runSchema = listedRunSchema.extend({ benchmarks: z.array(benchmarkSchema), summary: summarySchema }).meta({ id: 'Run' });
export type RunBody = z.infer<typeof runSchema>;

export const runPageSchema = z.object({ data: z.array(runSchema), next_cursor: z.string().nullable() }).meta({ id: 'RunPage' });
export type RunPageBody = z.infer<typeof runPageSchema>;

/** When a benchmark began and which batch carries it. */
export interface BenchmarkTimes {
  startedAt: Date | null;
  finishedAt: Date | null;
  batchId: string | null;
  /** Of one that is running: samples that ended lately, since the first of them; the shortest time first. */
  lately: { samples: number; since: Date }[];
}

/** A run with what it came to so far. */
export function runBody(row: RunRow, document: Pick<ExportableRun, 'run' | 'benchmarks'>, times: ReadonlyMap<string, BenchmarkTimes>, now: number): RunBody {
  return {
    id: row.id,
    object: 'run',
    status: row.status,
    reason: row.reason,
    provider: row.provider,
    model: row.model,
    strategy: row.plan.strategy,
    panel: row.plan.panel,
    mode: row.mode,
    selected_benchmarks: row.benchmarks,
    subset: { ...row.subset, algorithm: samplingAlgorithm },
    epochs: row.epochs,
    concurrency: row.concurrency,
    cost_cap_usd: row.costCapNanoUsd === null ? null : row.costCapNanoUsd / 1e9,
    token_cap: row.tokenCap,
    judge: row.judge,
    config: row.config,
    tags: row.tags,
    metadata: row.metadata,
    simulated: row.simulated,
    code_version: row.codeVersion,
    created_at: row.createdAt.toISOString(),
    started_at: row.startedAt?.toISOString() ?? null,
    finished_at: row.finishedAt?.toISOString() ?? null,
    benchmarks: document.benchmarks.map((benchmark) => benchmarkBody(benchmark, times.get(benchmark.name), isFinalRun(row.status), now)),
    summary: document.run.summary,
  };
}

/** Fewer samples than these are no pace. */
const fewestOfPace = 5;

// Pauses and nights between a cancel and its requeue would make the time since the beginning a poor measure of what is to come.
function paceOf({ startedAt, finishedAt, lately }: BenchmarkTimes, answered: number, now: number): number | null {
  const recent = finishedAt === null ? lately.find(({ samples }) => samples >= fewestOfPace) : undefined;
  const [samples, since] = recent ? [recent.samples, recent.since] : [answered, startedAt];
  const seconds = since === null ? 0 : ((finishedAt?.getTime() ?? now) - since.getTime()) / 1_000;
  return seconds > 0 && samples > 0 ? samples / seconds : null;
}

function benchmarkBody(block: RunDocumentBenchmark, times: BenchmarkTimes | undefined, isOver: boolean, now: number): RunBody['benchmarks'][number] {
  const { summary } = block;
  const answered = summary.done + summary.errors;
  const rate = times ? paceOf(times, answered, now) : null;
  return {
    name: block.name,
    display_name: block.display_name,
    // The table's check holds it to these.
    status: block.status as RunBody['benchmarks'][number]['status'],
    reason: block.reason,
    badge: block.badge,
    differences: block.differences,
    metric: block.metric,
    scorer_version: block.scorer_version,
    dataset: block.dataset,
    prompt_hash: block.prompt_hash,
    samples: summary.samples,
    done: summary.done,
    correct: summary.correct,
    incorrect: summary.incorrect,
    unextracted: summary.unextracted,
    errors: summary.errors,
    accuracy: summary.accuracy,
    wilson_95: summary.wilson_95,
    standard_error: summary.standard_error,
    coverage: summary.coverage,
    error_rate: summary.error_rate,
    unextracted_rate: summary.unextracted_rate,
    also: summary.also,
    by_category: summary.by_category,
    ...(summary.by_group && { by_group: summary.by_group }),
    input_tokens: summary.input_tokens,
    output_tokens: summary.output_tokens,
    cost_usd: costInUsd({ costNanoUsd: summary.cost_nano_usd, costKnown: summary.cost_known }),
    cost_known: summary.cost_known,
    rate_per_second: rate,
    eta_seconds: isOver || block.status !== 'running' || rate === null ? null : Math.round((summary.samples - answered) / rate),
    batch_id: times?.batchId ?? null,
  };
}
