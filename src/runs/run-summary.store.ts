import { findBenchmark } from '../../domain/benchmarks/registry.js';
import type { RunSummary } from '../../domain/exports/run-document.js';
import { wilsonInterval } from '../../domain/statistics/wilson-interval.js';
import type { Sql } from '../database/sql.js';
import { batchesOfRun } from './batches-of-run.js';

interface CountsRow {
  benchmark: string;
  samples: string;
  done: string;
  correct: string;
  incorrect: string;
  unextracted: string;
  errors: string;
  score: number | null;
  latency: number | null;
}

interface SpreadRow {
  benchmark: string;
  clusters: string;
  squares: number;
}

interface MoneyRow {
  benchmark: string;
  input_tokens: string;
  output_tokens: string;
  cost: string;
  cost_known: boolean;
}

interface CategoryRow {
  benchmark: string;
  category: string;
  samples: number;
  done: number;
  score: number;
}

/** The parts of a run that are summed up: one entry per benchmark, and `''` for the whole run. */
export type RunSummaries = ReadonlyMap<string, RunSummary>;

/** Sums over a run's samples and calls: one pass over each, in SQL. No statement has a name: runs differ by thousands in size, and a kept plan would be that of a small one. */
export class RunSummaryStore {
  constructor(private readonly sql: Sql) {}

  /** Summaries of every benchmark of the run that has samples (index `run_samples_order`), and under `''` of the run. */
  async summaries(runId: string): Promise<RunSummaries> {
    const [counts, spreads, money, also, categories] = await Promise.all([this.counts(runId), this.spreads(runId), this.money(runId), this.also(runId), this.categories(runId)]);
    const summaries = new Map<string, RunSummary>();
    for (const row of counts) {
      const paid = row.benchmark === '' ? sumOf(money) : money.filter(({ benchmark }) => benchmark === row.benchmark);
      summaries.set(row.benchmark, {
        ...summaryOf(row, spreads.find(({ benchmark }) => benchmark === row.benchmark), paid[0], also.get(row.benchmark) ?? {}),
        ...byCategory(row.benchmark, categories.filter(({ benchmark }) => benchmark === row.benchmark)),
      });
    }
    return summaries;
  }

  private async counts(runId: string): Promise<CountsRow[]> {
    const { rows } = await this.sql.query<CountsRow>({
      text: `SELECT coalesce(benchmark, '') AS benchmark, count(*) AS samples, count(*) FILTER (WHERE status = 'done') AS done, count(*) FILTER (WHERE verdict = 'correct') AS correct,
               count(*) FILTER (WHERE verdict = 'incorrect') AS incorrect, count(*) FILTER (WHERE verdict = 'unextracted') AS unextracted, count(*) FILTER (WHERE status = 'error') AS errors,
               sum(score) FILTER (WHERE status = 'done') AS score, avg(latency_ms)::float8 AS latency
             FROM run_samples WHERE run_id = $1 GROUP BY GROUPING SETS ((benchmark), ())`,
      values: [runId],
    });
    return rows;
  }

  // Residuals summed by item, so that epochs of one item count as one: see clusteredMeanError.
  private async spreads(runId: string): Promise<SpreadRow[]> {
    const { rows } = await this.sql.query<SpreadRow>({
      text: `WITH scored AS (SELECT benchmark, item_id, score, avg(score) OVER (PARTITION BY benchmark) AS own, avg(score) OVER () AS overall FROM run_samples WHERE run_id = $1 AND status = 'done'),
               items AS (SELECT benchmark, item_id, sum(score - own) AS own, sum(score - overall) AS overall FROM scored GROUP BY benchmark, item_id)
             SELECT benchmark, count(*) AS clusters, sum(own * own)::float8 AS squares FROM items GROUP BY benchmark
             UNION ALL SELECT '', count(*), sum(overall * overall)::float8 FROM items HAVING count(*) > 0`,
      values: [runId],
    });
    return rows;
  }

  // Calls of realtime samples are grouped by the run, their benchmark is the second part of the sample's id; those of a batch by the batch, also by one that a retry replaced.
  private async money(runId: string): Promise<MoneyRow[]> {
    const { rows } = await this.sql.query<MoneyRow>({
      text: `SELECT benchmark, coalesce(sum(input_tokens), 0) AS input_tokens, coalesce(sum(output_tokens), 0) AS output_tokens, coalesce(sum(cost_nano_usd), 0) AS cost,
               bool_and(cost_nano_usd IS NOT NULL OR outcome <> 'succeeded') AS cost_known
             FROM (SELECT split_part(completion_id, '.', 2) AS benchmark, input_tokens, output_tokens, cost_nano_usd, outcome FROM calls WHERE group_id = $1
                   UNION ALL SELECT batch.metadata->>'benchmark', call.input_tokens, call.output_tokens, call.cost_nano_usd, call.outcome FROM runs run, ${batchesOfRun} JOIN calls call ON call.group_id = batch.id WHERE run.id = $1) paid
             GROUP BY benchmark`,
      values: [runId],
    });
    return rows;
  }

  private async also(runId: string): Promise<Map<string, Record<string, number>>> {
    const { rows } = await this.sql.query<{ benchmark: string; reading: string; share: number }>({
      text: `SELECT benchmark, reading.key AS reading, avg((reading.value = 'correct')::int)::float8 AS share FROM run_samples, jsonb_each_text(also) AS reading
             WHERE run_id = $1 AND status = 'done' GROUP BY benchmark, reading.key ORDER BY reading.key`,
      values: [runId],
    });
    return grouped(rows, ({ reading, share }) => [reading, share]);
  }

  private async categories(runId: string): Promise<CategoryRow[]> {
    const { rows } = await this.sql.query<CategoryRow>({
      text: `SELECT benchmark, item->>'category' AS category, count(*)::integer AS samples, count(*) FILTER (WHERE status = 'done')::integer AS done, coalesce(sum(score) FILTER (WHERE status = 'done'), 0) AS score FROM run_samples
             WHERE run_id = $1 AND item->>'category' IS NOT NULL GROUP BY benchmark, item->>'category' ORDER BY item->>'category'`,
      values: [runId],
    });
    return rows;
  }
}

/** What the categories of a benchmark came to, and the groups it sums them up in. */
function byCategory(name: string, rows: readonly CategoryRow[]): Pick<RunSummary, 'by_category' | 'by_group'> {
  const groupOf = findBenchmark(name)?.groupOf;
  const sums = new Map<string, CategoryRow>();
  for (const row of groupOf ? rows : []) {
    const group = groupOf?.(row.category) ?? null;
    if (group === null) continue;
    const sum = sums.get(group);
    sums.set(group, { ...row, samples: row.samples + (sum?.samples ?? 0), done: row.done + (sum?.done ?? 0), score: row.score + (sum?.score ?? 0) });
  }
  const entry = (label: string, { samples, done, score }: CategoryRow): [string, { samples: number; accuracy: number | null }] => [label, { samples, accuracy: done === 0 ? null : score / done }];
  return {
    by_category: Object.fromEntries(rows.map((row) => entry(row.category, row))),
    ...(groupOf && { by_group: Object.fromEntries([...sums].sort().map(([group, sum]) => entry(group, sum))) }),
  };
}

function summaryOf(row: CountsRow, spread: SpreadRow | undefined, money: MoneyRow | undefined, also: RunSummary['also']): Omit<RunSummary, 'by_category'> {
  const [samples, done, errors, unextracted] = [Number(row.samples), Number(row.done), Number(row.errors), Number(row.unextracted)];
  const clusters = Number(spread?.clusters ?? 0);
  const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
  return {
    samples,
    done,
    correct: Number(row.correct),
    incorrect: Number(row.incorrect),
    unextracted,
    errors,
    accuracy: share(row.score ?? 0, done),
    wilson_95: wilsonInterval(row.score ?? 0, done),
    standard_error: spread && clusters > 1 && done > 0 ? Math.sqrt((spread.squares * clusters) / (clusters - 1)) / done : null,
    coverage: share(done, samples),
    error_rate: share(errors, samples),
    unextracted_rate: share(unextracted, done),
    also,
    input_tokens: Number(money?.input_tokens ?? 0),
    output_tokens: Number(money?.output_tokens ?? 0),
    cost_nano_usd: Number(money?.cost ?? 0),
    cost_known: money?.cost_known ?? true,
    mean_latency_ms: row.latency,
  };
}

function sumOf(money: readonly MoneyRow[]): MoneyRow[] {
  const total = (name: 'input_tokens' | 'output_tokens' | 'cost'): string => String(money.reduce((sum, row) => sum + Number(row[name]), 0));
  return money.length === 0 ? [] : [{ benchmark: '', input_tokens: total('input_tokens'), output_tokens: total('output_tokens'), cost: total('cost'), cost_known: money.every((row) => row.cost_known) }];
}

function grouped<Row extends { benchmark: string }, Value>(rows: readonly Row[], entry: (row: Row) => [string, Value]): Map<string, Record<string, Value>> {
  const groups = new Map<string, Record<string, Value>>();
  for (const row of rows) {
    const [key, value] = entry(row);
    groups.set(row.benchmark, { ...groups.get(row.benchmark), [key]: value });
  }
  return groups;
}
