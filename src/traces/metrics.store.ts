import { Inject, Injectable } from '@nestjs/common';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import { mayBeCharged } from './may-be-charged.js';

/** Completions of a window; latency in milliseconds, null where none finished. */
export interface CompletionTotals {
  total: string;
  running: string;
  completed: string;
  failed: string;
  canceled: string;
  degraded: string;
  p50: number | null;
  p95: number | null;
}

/** Calls of one model, or of all (`provider` null), in a window. Sums are text. */
export interface ModelTotals {
  provider: string | null;
  model: string | null;
  calls: string;
  failed: string;
  canceled: string;
  input_tokens: string;
  output_tokens: string;
  cost_nano_usd: string;
  cost_known: boolean;
  p50: number | null;
  p95: number | null;
  ttft_p50: number | null;
  ttft_p95: number | null;
  tokens_per_second: number | null;
}

/** One stage in a window with the member that most often ended last. */
export interface StageTotals {
  stage: string;
  calls: string;
  p50: number | null;
  p95: number | null;
  bottleneck_provider: string;
  bottleneck_model: string;
  /** Times it ended last, and completions that reached the stage. */
  bottleneck_times: string;
  completions: string;
  bottleneck_p50: number | null;
}

export interface FailureTotals {
  code: string;
  provider: string;
  model: string;
  calls: string;
}

// $1: caller or null; $2: minutes. Index `calls_ended`; completions by `completions_caller_created` or `completions_created`.
const windowed = `
  WITH windowed AS (
    SELECT call.*, extract(epoch FROM call.ended_at - call.started_at) * 1000 AS duration_ms, extract(epoch FROM call.first_token_at - call.started_at) * 1000 AS ttft_ms
    FROM calls call JOIN completions completion ON completion.id = call.completion_id
    WHERE call.ended_at >= now() - $2 * interval '1 minute' AND ($1::text IS NULL OR completion.caller = $1) AND call.stage <> 'tool')`;

const latency = `
  percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE outcome = 'succeeded') AS p50,
  percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE outcome = 'succeeded') AS p95`;

/** Aggregates over completions and calls of a time window that ends now. Counted in SQL. */
@Injectable()
export class MetricsStore {
  constructor(@Inject(POSTGRES_POOL) private readonly sql: Sql) {}

  async completions(caller: string | null, minutes: number): Promise<CompletionTotals> {
    const text = `
      SELECT count(*) AS total, count(*) FILTER (WHERE status = 'running') AS running, count(*) FILTER (WHERE status = 'completed') AS completed,
        count(*) FILTER (WHERE status = 'failed') AS failed, count(*) FILTER (WHERE status = 'canceled') AS canceled, count(*) FILTER (WHERE degraded) AS degraded,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - created_at) * 1000) FILTER (WHERE status = 'completed') AS p50,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - created_at) * 1000) FILTER (WHERE status = 'completed') AS p95
      FROM completions WHERE created_at >= now() - $2 * interval '1 minute' AND ($1::text IS NULL OR caller = $1)`;
    const { rows } = await this.sql.query<CompletionTotals & Record<string, unknown>>({ text, values: [caller, minutes] });
    if (!rows[0]) throw new Error('An aggregate without GROUP BY gives exactly one row.');
    return rows[0];
  }

  /** One entry per model, most calls first, then the sum of all with `provider` null. */
  async models(caller: string | null, minutes: number): Promise<ModelTotals[]> {
    const text = `${windowed}
      SELECT provider, model, count(*) AS calls, count(*) FILTER (WHERE outcome = 'failed') AS failed, count(*) FILTER (WHERE outcome = 'canceled') AS canceled,
        coalesce(sum(input_tokens), 0) AS input_tokens, coalesce(sum(output_tokens), 0) AS output_tokens, coalesce(sum(cost_nano_usd), 0) AS cost_nano_usd,
        coalesce(bool_and(cost_nano_usd IS NOT NULL) FILTER (WHERE ${mayBeCharged('windowed')}), true) AS cost_known, ${latency},
        percentile_cont(0.5) WITHIN GROUP (ORDER BY ttft_ms) FILTER (WHERE outcome = 'succeeded') AS ttft_p50,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY ttft_ms) FILTER (WHERE outcome = 'succeeded') AS ttft_p95,
        (sum(output_tokens) FILTER (WHERE outcome = 'succeeded') * 1000.0 / nullif(sum(duration_ms) FILTER (WHERE outcome = 'succeeded' AND output_tokens IS NOT NULL), 0))::float8 AS tokens_per_second
      FROM windowed GROUP BY GROUPING SETS ((provider, model), ()) ORDER BY provider IS NULL, count(*) DESC, provider, model`;
    return (await this.sql.query<ModelTotals & Record<string, unknown>>({ text, values: [caller, minutes] })).rows;
  }

  /** One entry per stage. The bottleneck is the model that most often was the last to end among the calls of a completion's stage. */
  async stages(caller: string | null, minutes: number): Promise<StageTotals[]> {
    const text = `${windowed},
      totals AS (SELECT stage, count(*) AS calls, ${latency} FROM windowed GROUP BY stage),
      last_ones AS (SELECT DISTINCT ON (completion_id, stage) stage, provider, model, duration_ms FROM windowed ORDER BY completion_id, stage, ended_at DESC, id DESC),
      counted AS (
        SELECT stage, provider, model, count(*) AS times, sum(count(*)) OVER (PARTITION BY stage) AS completions,
          percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS p50,
          row_number() OVER (PARTITION BY stage ORDER BY count(*) DESC, avg(duration_ms) DESC, provider, model) AS place
        FROM last_ones GROUP BY stage, provider, model)
      SELECT totals.stage, totals.calls, totals.p50, totals.p95, counted.provider AS bottleneck_provider, counted.model AS bottleneck_model,
        counted.times AS bottleneck_times, counted.completions, counted.p50 AS bottleneck_p50
      FROM totals JOIN counted ON counted.stage = totals.stage AND counted.place = 1 ORDER BY totals.calls DESC, totals.stage`;
    return (await this.sql.query<StageTotals & Record<string, unknown>>({ text, values: [caller, minutes] })).rows;
  }

  /** Failed attempts by code and model, most first, at most 50. */
  async failures(caller: string | null, minutes: number): Promise<FailureTotals[]> {
    const text = `${windowed}
      SELECT coalesce(failure_code, 'unknown') AS code, provider, model, count(*) AS calls FROM windowed WHERE outcome = 'failed'
      GROUP BY 1, 2, 3 ORDER BY count(*) DESC, 1, 2, 3 LIMIT 50`;
    return (await this.sql.query<FailureTotals & Record<string, unknown>>({ text, values: [caller, minutes] })).rows;
  }
}
