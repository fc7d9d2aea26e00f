import { setImmediate as nextTurn } from 'node:timers/promises';
import { procedureOf } from '../../domain/benchmarks/benchmark-procedure.js';
import type { Benchmark, BenchmarkItem, SampleScore } from '../../domain/benchmarks/benchmark.js';
import { findBenchmark } from '../../domain/benchmarks/registry.js';
import { safeJson } from '../database/safe-json.js';
import type { Sql } from '../database/sql.js';

/** Samples read and written in one statement. */
const pageSize = 200;

interface AnsweredRow {
  id: string;
  benchmark: string;
  item: BenchmarkItem;
  order: number[] | null;
  expected: string;
  answer: string;
  verdict: string | null;
  scorerVersion: string | null;
}

interface Scored {
  row: AnsweredRow;
  score: SampleScore;
  benchmark: Benchmark;
}

/** Scores of samples whose answers are stored. */
export class RunScoresStore {
  constructor(private readonly sql: Sql) {}

  /** Scores every answered sample of a run anew; a benchmark that is gone, or whose items were not stored whole (imports), keeps its scores. Returns how many were scored and how many verdicts changed. */
  async rescore(runId: string): Promise<{ samples: number; changed: number }> {
    const sums = { samples: 0, changed: 0 };
    const scoredBy = new Map<string, Benchmark>();
    for (let after = ''; ; ) {
      const { rows } = await this.sql.query<AnsweredRow>({
        text: `SELECT id, benchmark, item, "order", expected, answer, verdict, scorer_version AS "scorerVersion" FROM run_samples WHERE run_id = $1 AND status = 'done' AND answer IS NOT NULL AND id > $2 ORDER BY id LIMIT $3`,
        values: [runId, after, pageSize],
      });
      const scored: Scored[] = [];
      for (const row of rows) {
        scored.push(...scoreOf(row));
        // One answer takes milliseconds at worst, a page of them would keep every other request waiting.
        await nextTurn();
      }
      if (scored.length > 0) await this.write(scored);
      for (const { benchmark } of scored) scoredBy.set(benchmark.name, benchmark);
      sums.samples += scored.length;
      sums.changed += scored.filter(({ row, score }) => row.verdict !== score.verdict).length;
      after = rows.at(-1)?.id ?? after;
      if (rows.length === pageSize) continue;
      await this.noteScorers(runId, [...scoredBy.values()]);
      return sums;
    }
  }

  // Exports and comparisons tell the scorer by the benchmark.
  private async noteScorers(runId: string, benchmarks: readonly Benchmark[]): Promise<void> {
    await this.sql.query({
      text: `UPDATE run_benchmarks SET scorer_version = present.version, procedure = present.procedure FROM jsonb_to_recordset($2) AS present(benchmark text, version text, procedure jsonb)
             WHERE run_id = $1 AND run_benchmarks.benchmark = present.benchmark`,
      values: [runId, JSON.stringify(benchmarks.map((benchmark) => ({ benchmark: benchmark.name, version: benchmark.scorerVersion, procedure: procedureOf(benchmark) })))],
    });
  }

  private async write(scored: readonly Scored[]): Promise<void> {
    const rows = scored.map(({ row, score, benchmark }) => ({ id: row.id, verdict: score.verdict, score: score.score, extracted: score.extracted, also: score.also, version: benchmark.scorerVersion }));
    await this.sql.query({
      text: `UPDATE run_samples SET verdict = scored.verdict, score = scored.score, extracted = scored.extracted, also = scored.also, scorer_version = scored.version
             FROM jsonb_to_recordset($1) AS scored(id text, verdict text, score float8, extracted text, also jsonb, version text) WHERE run_samples.id = scored.id`,
      values: [safeJson(rows)],
    });
  }
}

function scoreOf(row: AnsweredRow): Scored[] {
  const benchmark = findBenchmark(row.benchmark);
  if (!benchmark || row.item.question === '') return [];
  return [{ row, score: benchmark.score(row.item, row, row.answer), benchmark }];
}
