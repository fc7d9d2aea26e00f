import { Inject, Injectable } from '@nestjs/common';
import type { BatchItemStatus, BatchMode, ProviderJobStatus } from '../../domain/batches/batch-status.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import type { JobStatus } from '../providers/batch-provider.js';
import { mayBeCharged } from '../traces/may-be-charged.js';
import type { BatchReason } from './batch.entity.js';

export type ItemCounts = Record<BatchItemStatus, number>;

/** Tokens and cost of a batch's calls. */
export interface BatchUsage {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  reasoningTokens: number;
  /** Of the calls whose cost is known. */
  costNanoUsd: number;
  costKnown: boolean;
}

/** Usage of first attempts, and of further ones. */
export interface SplitUsage {
  initial: BatchUsage;
  retry: BatchUsage;
}

export const noCounts: ItemCounts = { pending: 0, succeeded: 0, failed: 0, canceled: 0 };

/** One job of a batch, with what became of its lines. */
export interface BatchJob {
  id: string;
  provider: string;
  model: string;
  mode: BatchMode;
  round: number;
  status: ProviderJobStatus;
  lastStatus: JobStatus | null;
  reference: string | null;
  lines: number;
  /** Lines whose answer is recorded. */
  succeeded: number;
  /** Of these answers, as far as it is known. */
  costNanoUsd: number;
  costKnown: boolean;
  createdAt: Date;
  submittedAt: Date | null;
  endedAt: Date | null;
  pollCount: number;
  reason: BatchReason | null;
}

/** Sums over a batch's items, calls and jobs; each is one pass over their index of the batch, planned anew each time, as the tables grow by orders of magnitude. */
@Injectable()
export class BatchReadsStore {
  constructor(@Inject(POSTGRES_POOL) private readonly sql: Sql) {}

  /** How many items of each batch have which status (index `batch_items_ordinal`). */
  async counts(batchIds: readonly string[]): Promise<Map<string, ItemCounts>> {
    const { rows } = await this.sql.query<{ id: string } & ItemCounts>({
      text: `SELECT batch_id AS id, count(*) FILTER (WHERE status = 'pending')::integer AS pending, count(*) FILTER (WHERE status = 'succeeded')::integer AS succeeded,
               count(*) FILTER (WHERE status = 'failed')::integer AS failed, count(*) FILTER (WHERE status = 'canceled')::integer AS canceled
             FROM batch_items WHERE batch_id = ANY($1) GROUP BY batch_id`,
      values: [batchIds],
    });
    return new Map(rows.map(({ id, ...counts }) => [id, counts]));
  }

  /** Usage of each batch's first attempts and of further ones (index `calls_group`). Only what is charged has any, which some answers are that were of no use. */
  async usage(batchIds: readonly string[]): Promise<Map<string, SplitUsage>> {
    const { rows } = await this.sql.query<BatchUsage & { id: string; retry: boolean }>({
      text: `SELECT group_id AS id, attempt > 1 AS retry, coalesce(sum(input_tokens), 0)::float8 AS "inputTokens",
               coalesce(sum(output_tokens), 0)::float8 AS "outputTokens",
               coalesce(sum(cached_input_tokens), 0)::float8 AS "cachedInputTokens",
               coalesce(sum(reasoning_tokens), 0)::float8 AS "reasoningTokens",
               coalesce(sum(cost_nano_usd), 0)::float8 AS "costNanoUsd",
               coalesce(bool_and(cost_nano_usd IS NOT NULL) FILTER (WHERE ${mayBeCharged('calls')}), true) AS "costKnown"
             FROM calls WHERE group_id = ANY($1) AND stage <> 'tool' GROUP BY 1, 2`,
      values: [batchIds],
    });
    const of = (id: string, retry: boolean): BatchUsage => usageOf(rows.find((row) => row.id === id && row.retry === retry));
    return new Map([...new Set(rows.map((row) => row.id))].map((id) => [id, { initial: of(id, false), retry: of(id, true) }]));
  }

  /** The batch's jobs, oldest first, with what the answers of their lines cost (indices `provider_jobs_batch`, `batch_calls_batch_status`, `calls_group`). */
  async jobs(batchId: string): Promise<BatchJob[]> {
    // A look-up for each line: as a join, Postgres without statistics would compare all lines with all answers.
    const { rows } = await this.sql.query<BatchJob>({
      text: `SELECT job.id, provider, model, mode, round, status, last_status AS "lastStatus", reference, line_count AS lines, coalesce(done.count, 0)::integer AS succeeded, coalesce(done.cost, 0)::float8 AS "costNanoUsd", coalesce(done.known, true) AS "costKnown",
               created_at AS "createdAt", submitted_at AS "submittedAt", ended_at AS "endedAt", poll_count AS "pollCount", reason
             FROM provider_jobs job
             LEFT JOIN (
               SELECT line.job_id, count(*), sum(answer.cost_nano_usd) AS cost, bool_and(answer.cost_nano_usd IS NOT NULL) AS known
               FROM batch_calls line
               LEFT JOIN LATERAL (SELECT cost_nano_usd FROM calls WHERE completion_id = line.item_id AND key = line.key AND outcome = 'succeeded' OFFSET 0) answer ON true
               WHERE line.batch_id = $1 AND line.status = 'succeeded' GROUP BY line.job_id
             ) done ON done.job_id = job.id
             WHERE batch_id = $1 ORDER BY created_at, job.id`,
      values: [batchId],
    });
    return rows;
  }
}

/** The usage of a row, or none. */
export function usageOf(row: BatchUsage | undefined): BatchUsage {
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens = 0, reasoningTokens = 0, costNanoUsd = 0, costKnown = true } = row ?? {};
  return { inputTokens, outputTokens, cachedInputTokens, reasoningTokens, costNanoUsd, costKnown };
}
