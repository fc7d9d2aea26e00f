import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { procedureOf } from '../../domain/benchmarks/benchmark-procedure.js';
import type { Benchmark, BenchmarkItem, SampleScore } from '../../domain/benchmarks/benchmark.js';
import { findBenchmark } from '../../domain/benchmarks/registry.js';
import type { ChatMessage } from '../../domain/chat/chat-request.js';
import { safeJson } from '../database/safe-json.js';
import type { Sql } from '../database/sql.js';

/** Samples read and written in one statement. */
const pageSize = 200;

interface AnsweredRow {
  id: string;
  benchmark: string;
  ordinal: number;
  item: BenchmarkItem;
  order: number[] | null;
  expected: string;
  answer: string;
  verdict: string | null;
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
    for await (const scored of this.scored(runId, null)) {
      for (const { benchmark } of scored) scoredBy.set(benchmark.name, benchmark);
      sums.samples += scored.length;
      sums.changed += scored.filter(({ row, score }) => row.verdict !== score.verdict).length;
    }
    for (const benchmark of scoredBy.values()) await this.noteScorer(runId, benchmark);
    return sums;
  }

  /**
   * Scores anew, without a call, the answers of a benchmark that a scorer of another version scored, so that one rule holds for all of them, and notes both versions with the run. `onProgress` hears how many
   * so far. May be repeated: what was scored anew is not again. Returns how many there were.
   */
  async align(runId: string, benchmark: Benchmark, onProgress: (samples: number) => void = () => undefined): Promise<number> {
    let samples = 0;
    for await (const scored of this.scored(runId, benchmark)) {
      samples += scored.length;
      onProgress(samples);
    }
    const { rowCount } = await this.sql.query({ text: 'SELECT FROM run_benchmarks WHERE run_id = $1 AND benchmark = $2 AND scorer_version <> $3', values: [runId, benchmark.name, benchmark.scorerVersion] });
    if (rowCount !== 0) await this.noteScorer(runId, benchmark);
    return samples;
  }

  /** Pages of answers that were just scored and written: all of a run, or those of one benchmark that another version of its scorer scored (index `run_samples_order`). */
  private async *scored(runId: string, outdated: Benchmark | null): AsyncGenerator<Scored[]> {
    for (let after = { benchmark: '', ordinal: -1 }; ; ) {
      const { rows } = await this.sql.query<AnsweredRow>({
        text: `SELECT id, benchmark, ordinal, item, "order", expected, answer, verdict FROM run_samples
               WHERE run_id = $1 AND (benchmark, ordinal) > ($2, $3::integer) AND ($4::text IS NULL OR (benchmark = $4 AND scorer_version IS DISTINCT FROM $5)) AND status = 'done' AND answer IS NOT NULL
               ORDER BY benchmark, ordinal LIMIT $6`,
        values: [runId, after.benchmark, after.ordinal, outdated?.name ?? null, outdated?.scorerVersion ?? null, pageSize],
      });
      const scored: Scored[] = [];
      for (const row of rows) {
        scored.push(...scoreOf(row));
        // One answer takes milliseconds at worst, a page of them would keep every other request waiting.
        await nextTurn();
      }
      if (scored.length > 0) await this.write(scored);
      yield scored;
      if (rows.length < pageSize) return;
      after = rows.at(-1) ?? after;
    }
  }

  // Exports and comparisons tell the scorer by the benchmark; that it was another one at first, and whether the questions are its own, stands in the run's metadata.
  private async noteScorer(runId: string, benchmark: Benchmark): Promise<void> {
    await this.sql.query({
      text: `WITH before AS (SELECT scorer_version AS version FROM run_benchmarks WHERE run_id = $1 AND benchmark = $2),
             noted AS (UPDATE run_benchmarks SET scorer_version = $3, procedure = $4::jsonb WHERE run_id = $1 AND benchmark = $2)
             UPDATE runs SET metadata = metadata || jsonb_build_object('scored_anew', coalesce(metadata->'scored_anew', '{}') || jsonb_build_object($2::text,
               jsonb_build_object('from', coalesce(metadata->'scored_anew'->$2::text->>'from', before.version), 'to', $3::text, 'prompts', $5::text)))
             FROM before WHERE runs.id = $1 AND before.version <> $3`,
      values: [runId, benchmark.name, benchmark.scorerVersion, safeJson(procedureOf(benchmark)), (await this.asksAsNow(runId, benchmark)) ? 'same' : 'earlier'],
    });
  }

  // By the first samples: what a version words otherwise it words so for all, or nearly all.
  private async asksAsNow(runId: string, benchmark: Benchmark): Promise<boolean> {
    const { rows } = await this.sql.query<{ item: BenchmarkItem; messages: ChatMessage[]; seed: string }>({
      text: `SELECT sample.item, sample.request->'messages' AS messages, run.subset->>'seed' AS seed FROM run_samples sample JOIN runs run ON run.id = sample.run_id
             WHERE run_id = $1 AND benchmark = $2 ORDER BY ordinal LIMIT $3`,
      values: [runId, benchmark.name, pageSize],
    });
    return rows.every(({ item, messages, seed }) => {
      const present = benchmark.prompt(item, seed).messages;
      // A system prompt of the run's own comes before them.
      return isDeepStrictEqual(messages.slice(-present.length), JSON.parse(safeJson(present)));
    });
  }

  private async write(scored: readonly Scored[]): Promise<void> {
    const rows = scored.map(({ row, score, benchmark }) => ({ id: row.id, verdict: score.verdict, score: score.score, extracted: score.extracted, also: Object.keys(score.also).length === 0 ? null : score.also, version: benchmark.scorerVersion }));
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
