import { procedureOf, type BenchmarkProcedure } from '../../domain/benchmarks/benchmark-procedure.js';
import { findBenchmark } from '../../domain/benchmarks/registry.js';
import { samplingAlgorithm } from '../../domain/benchmarks/seeded-rank.js';
import type { BenchmarkItem, DatasetManifest } from '../../domain/benchmarks/benchmark.js';
import type { ExportableRun, RunDocumentBenchmark, RunDocumentRun, RunDocumentSample, RunSummary } from '../../domain/exports/run-document.js';
import type { ChatRequest } from '../../domain/chat/chat-request.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import type { Sql } from '../database/sql.js';
import { RunSummaryStore, type RunSummaries } from './run-summary.store.js';
import type { RunMetadata, RunSubset } from './run.entity.js';

/** Samples read in one statement. */
const pageSize = 500;

interface RunRow {
  id: string;
  status: string;
  reason: RunDocumentRun['reason'];
  provider: string;
  model: string;
  plan: StrategyPlan;
  mode: 'batch' | 'realtime';
  subset: RunSubset;
  epochs: number;
  judge: RunDocumentRun['judge'];
  config: Record<string, unknown>;
  tags: string[];
  metadata: RunMetadata;
  price_snapshot: Record<string, unknown>;
  code_version: string;
  simulated: boolean;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
}

interface BenchmarkRow {
  benchmark: string;
  status: string;
  reason: RunDocumentBenchmark['reason'];
  scorer_version: string | null;
  manifest: DatasetManifest | null;
  prompt_hash: string | null;
  procedure: BenchmarkProcedure | null;
}

/** Which samples of a run, in the order of benchmark and ordinal. */
export interface SamplePage {
  benchmark: string | null;
  verdict: string | null;
  status: string | null;
  after: { benchmark: string; ordinal: number } | null;
  limit: number;
}

/** A sample with its id and what a reader may ask for beyond the document. */
export type ReadSample = RunDocumentSample & { id: string; benchmark: string };

type SampleRow = Omit<RunDocumentSample, 'messages' | 'parameters' | 'finished_at' | 'input_tokens' | 'output_tokens' | 'cost_nano_usd' | 'calls' | 'judge'> & {
  request: ChatRequest;
  finished_at: Date | null;
  input_tokens: string;
  output_tokens: string;
  cost: string | null;
  cost_known: boolean;
  calls: string;
};

const nothing: RunSummary = {
  samples: 0, done: 0, correct: 0, incorrect: 0, unextracted: 0, errors: 0, accuracy: null, wilson_95: null, standard_error: null, coverage: null, error_rate: null, unextracted_rate: null, also: {}, by_category: {},
  input_tokens: 0, output_tokens: 0, cost_nano_usd: 0, cost_known: true, mean_latency_ms: null,
};

/** A run as exports, pages and the command line read it. */
export class RunDocumentStore {
  private readonly summaries: RunSummaryStore;

  constructor(private readonly sql: Sql) {
    this.summaries = new RunSummaryStore(sql);
  }

  /** The run with its benchmarks and summaries, samples to be streamed; null: there is none of that id, or (with `caller`) none of that caller. */
  async exportable(runId: string, caller: string | null): Promise<ExportableRun | null> {
    const { rows } = await this.sql.query<RunRow>({ text: 'SELECT * FROM runs WHERE id = $1 AND ($2::text IS NULL OR caller = $2)', values: [runId, caller] });
    const [row] = rows;
    if (!row) return null;
    const [parts, summaries] = await Promise.all([this.benchmarks(runId), this.summaries.summaries(runId)]);
    return { run: runBlock(row, summaries), benchmarks: parts.map((part) => benchmarkBlock(part, summaries)), samples: (benchmark) => this.samples(runId, benchmark) };
  }

  /** One page of a run's samples (index `run_samples_order`). */
  async page(runId: string, { benchmark, verdict, status, after, limit }: SamplePage): Promise<ReadSample[]> {
    const { rows } = await this.sql.query<SampleRow & { id: string; benchmark: string }>({
      text: `${sampleSelect} WHERE sample.run_id = $1 AND ($2::text IS NULL OR sample.benchmark = $2) AND ($3::text IS NULL OR sample.verdict = $3) AND ($4::text IS NULL OR sample.status = $4)
               AND ($5::text IS NULL OR (sample.benchmark, sample.ordinal) > ($5, $6::integer)) ORDER BY sample.benchmark, sample.ordinal LIMIT $7`,
      values: [runId, benchmark, verdict, status, after?.benchmark ?? null, after?.ordinal ?? null, limit],
    });
    return rows.map((row) => ({ ...sampleBlock(row), id: row.id, benchmark: row.benchmark }));
  }

  /** One sample, with the item it was made of; null: the run has none of that id. */
  async sample(runId: string, id: string): Promise<{ sample: ReadSample; item: BenchmarkItem; callOwners: string[] } | null> {
    const { rows } = await this.sql.query<SampleRow & { id: string; benchmark: string; item: BenchmarkItem; owner: string | null }>({
      text: `${sampleSelect.replace('SELECT ', 'SELECT sample.item, sample.batch_item_id AS owner, ')} WHERE sample.run_id = $1 AND sample.id = $2`,
      values: [runId, id],
    });
    const [row] = rows;
    return row ? { sample: { ...sampleBlock(row), id: row.id, benchmark: row.benchmark }, item: row.item, callOwners: [row.id, ...(row.owner === null ? [] : [row.owner])] } : null;
  }

  private async benchmarks(runId: string): Promise<BenchmarkRow[]> {
    const { rows } = await this.sql.query<BenchmarkRow>({
      text: 'SELECT benchmark, status, reason, scorer_version, manifest, prompt_hash, procedure FROM run_benchmarks WHERE run_id = $1 ORDER BY position',
      values: [runId],
    });
    return rows;
  }

  /** All samples of one benchmark by ordinal (index `run_samples_order`), some hundreds at a time. */
  private async *samples(runId: string, benchmark: string): AsyncIterable<RunDocumentSample> {
    for (let after = -1; ; ) {
      const { rows } = await this.sql.query<SampleRow>({ text: sampleText, values: [runId, benchmark, after, pageSize] });
      for (const row of rows) yield sampleBlock(row);
      if (rows.length < pageSize) return;
      after = rows.at(-1)?.ordinal ?? after;
    }
  }
}

const sampleSelect = `SELECT sample.id, sample.benchmark, sample.ordinal, sample.item_id, sample.epoch, sample.item->>'category' AS category, sample.status, sample.request, sample."order" AS choice_order, sample.expected, sample.answer,
    sample.finish_reason, sample.extracted, sample.verdict, sample.score, sample.also, sample.scorer_version, sample.decision, sample.failure, sample.latency_ms, sample.token_changes, sample.finished_at, paid.*
  FROM run_samples sample
    CROSS JOIN LATERAL (SELECT coalesce(sum(input_tokens), 0) AS input_tokens, coalesce(sum(output_tokens), 0) AS output_tokens, sum(cost_nano_usd) AS cost,
      coalesce(bool_and(cost_nano_usd IS NOT NULL OR outcome <> 'succeeded'), true) AS cost_known, count(*) AS calls FROM calls WHERE completion_id IN (sample.id, sample.batch_item_id)) paid`;
const sampleText = `${sampleSelect} WHERE sample.run_id = $1 AND sample.benchmark = $2 AND sample.ordinal > $3 ORDER BY sample.ordinal LIMIT $4`;

function runBlock(row: RunRow, summaries: RunSummaries): RunDocumentRun {
  return {
    id: row.id,
    status: row.status,
    reason: row.reason,
    provider: row.provider,
    model: row.model,
    strategy: row.plan.strategy,
    panel: row.plan.panel,
    plan: planOfRun(row.plan),
    mode: row.mode,
    subset: { ...row.subset, algorithm: samplingAlgorithm },
    epochs: row.epochs,
    judge: row.judge,
    config: row.config,
    tags: row.tags,
    metadata: row.metadata,
    price_snapshot: row.price_snapshot,
    code_version: row.code_version,
    simulated: row.simulated,
    created_at: row.created_at.toISOString(),
    started_at: row.started_at?.toISOString() ?? null,
    finished_at: row.finished_at?.toISOString() ?? null,
    summary: summaries.get('') ?? nothing,
  };
}

// What there is for a client who waits is left out: a run hears every member, and who reads its export would take it for what was done.
function planOfRun(plan: StrategyPlan): unknown {
  return JSON.parse(JSON.stringify(plan), (name, value: unknown) => (name === 'deadlineMs' || name === 'grace' ? undefined : value));
}

function benchmarkBlock(row: BenchmarkRow, summaries: RunSummaries): RunDocumentBenchmark {
  const present = findBenchmark(row.benchmark);
  const procedure: BenchmarkProcedure = row.procedure ?? (present ? procedureOf(present) : { display_name: row.benchmark, badge: 'simplified', differences: [], metric: 'accuracy' });
  return {
    name: row.benchmark,
    display_name: procedure.display_name,
    status: row.status,
    reason: row.reason,
    badge: procedure.badge,
    differences: [...procedure.differences],
    metric: procedure.metric,
    scorer_version: row.scorer_version,
    dataset: row.manifest,
    prompt_hash: row.prompt_hash,
    summary: summaries.get(row.benchmark) ?? nothing,
  };
}

function sampleBlock({ request, cost, cost_known: costKnown, ...row }: SampleRow): RunDocumentSample {
  return {
    ordinal: row.ordinal,
    item_id: row.item_id,
    epoch: row.epoch,
    category: row.category,
    status: row.status,
    messages: request.messages,
    parameters: { ...request.sampling },
    choice_order: row.choice_order,
    expected: row.expected,
    answer: row.answer,
    finish_reason: row.finish_reason,
    extracted: row.extracted,
    verdict: row.verdict,
    score: row.score,
    also: row.also,
    scorer_version: row.scorer_version,
    judge: null,
    decision: row.decision,
    failure: row.failure === null ? null : { code: row.failure.code, message: row.failure.message },
    latency_ms: row.latency_ms,
    input_tokens: Number(row.input_tokens),
    output_tokens: Number(row.output_tokens),
    cost_nano_usd: costKnown ? Number(cost ?? 0) : null,
    calls: Number(row.calls),
    token_changes: row.token_changes,
    finished_at: row.finished_at?.toISOString() ?? null,
  };
}
