import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BenchmarkItem, SampleScore } from '../../domain/benchmarks/benchmark.js';
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

/** Scores of samples whose answers are stored. */
export class RunScoresStore {
  constructor(private readonly sql: Sql) {}

  /** Scores every answered sample of a run anew; a benchmark that is gone, or whose items were not stored whole (imports), keeps its scores. Returns how many were scored and how many verdicts changed. */
  async rescore(runId: string): Promise<{ samples: number; changed: number }> {
    const sums = { samples: 0, changed: 0 };
    for (let after = ''; ; ) {
      const { rows } = await this.sql.query<AnsweredRow>({
        text: `SELECT id, benchmark, item, "order", expected, answer, verdict, scorer_version AS "scorerVersion" FROM run_samples WHERE run_id = $1 AND status = 'done' AND answer IS NOT NULL AND id > $2 ORDER BY id LIMIT $3`,
        values: [runId, after, pageSize],
      });
      const scored: ReturnType<typeof scoreOf> = [];
      for (const row of rows) {
        scored.push(...scoreOf(row));
        // One answer takes milliseconds at worst, a page of them would keep every other request waiting.
        await nextTurn();
      }
      if (scored.length > 0) await this.write(scored);
      sums.samples += scored.length;
      sums.changed += scored.filter(({ row, score }) => row.verdict !== score.verdict).length;
      if (rows.length < pageSize) return sums;
      after = rows.at(-1)?.id ?? after;
    }
  }

  private async write(scored: readonly { row: AnsweredRow; score: SampleScore; version: string }[]): Promise<void> {
    const rows = scored.map(({ row, score, version }) => ({ id: row.id, verdict: score.verdict, score: score.score, extracted: score.extracted, also: score.also, version }));
    await this.sql.query({
      text: `UPDATE run_samples SET verdict = scored.verdict, score = scored.score, extracted = scored.extracted, also = scored.also, scorer_version = scored.version
             FROM jsonb_to_recordset($1) AS scored(id text, verdict text, score float8, extracted text, also jsonb, version text) WHERE run_samples.id = scored.id`,
      values: [safeJson(rows)],
    });
  }
}

function scoreOf(row: AnsweredRow): { row: AnsweredRow; score: SampleScore; version: string }[] {
  const benchmark = findBenchmark(row.benchmark);
  if (!benchmark || row.item.question === '') return [];
  return [{ row, score: benchmark.score(row.item, row, row.answer), version: benchmark.scorerVersion }];
}
