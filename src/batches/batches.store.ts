import { Inject, Injectable } from '@nestjs/common';
import type { BatchOptions } from '../../domain/batches/batch-options.js';
import type { BatchMode, BatchStatus } from '../../domain/batches/batch-status.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import { storableJson } from '../completions/storable-json.js';
import type { BatchDefaults, BatchInputFault, BatchReason } from './batch.entity.js';

/** A batch as it is written before its workflow starts. */
export interface NewBatch {
  id: string;
  caller: string;
  idempotencyKey: string | null;
  bodyHash: string;
  interface: 'conclave' | 'openai';
  mode: BatchMode;
  defaults: BatchDefaults;
  options: BatchOptions;
  metadata: Record<string, string | boolean>;
  tags: string[];
  inputFileId: string;
  /** Null: no cap. */
  costCapNanoUsd: number | null;
  /** A budget that exists and that the batch spends from, such as its run's, in place of one of its own. */
  budgetId?: string | null;
  simulated: boolean;
}

/** A batch's row; sums over items, calls and jobs are `BatchReadsStore`'s. */
export interface BatchRow {
  id: string;
  caller: string;
  bodyHash: string;
  interface: 'conclave' | 'openai';
  status: BatchStatus;
  reason: BatchReason | null;
  mode: BatchMode;
  nextMode: BatchMode | null;
  defaults: BatchDefaults;
  options: BatchOptions;
  metadata: Record<string, string | boolean>;
  tags: string[];
  inputFileId: string;
  outputFileId: string | null;
  errorFileId: string | null;
  inputFaults: BatchInputFault[] | null;
  itemCount: number | null;
  budgetId: string | null;
  simulated: boolean;
  createdAt: Date;
  startedAt: Date | null;
  cancelRequestedAt: Date | null;
  finishedAt: Date | null;
  costCapNanoUsd: number | null;
  reservedNanoUsd: number | null;
}

/** A batch that is not over, as it is looked after. */
export type ActiveBatch = Pick<BatchRow, 'id' | 'interface' | 'mode' | 'status' | 'defaults' | 'itemCount' | 'createdAt' | 'cancelRequestedAt'>;

/** Which batches a list shows, newest first; `before` is the id of the last one the reader has. */
export interface BatchFilter {
  interface: 'conclave' | 'openai' | null;
  status: BatchStatus | null;
  tag: string | null;
  before: string | null;
  limit: number;
}

const columns = `batch.id, caller, body_hash AS "bodyHash", interface, status, reason, mode, next_mode AS "nextMode", defaults, options, metadata, tags,
  input_file_id AS "inputFileId", output_file_id AS "outputFileId", error_file_id AS "errorFileId", input_faults AS "inputFaults", item_count AS "itemCount", budget_id AS "budgetId",
  simulated, batch.created_at AS "createdAt", started_at AS "startedAt", cancel_requested_at AS "cancelRequestedAt", finished_at AS "finishedAt",
  budget.cost_cap_nano_usd::float8 AS "costCapNanoUsd", budget.reserved_nano_usd::float8 AS "reservedNanoUsd"`;
const source = 'batches batch LEFT JOIN budgets budget ON budget.id = batch.budget_id';

/** SQL about batches as such: they are written, found, listed and ended here. */
@Injectable()
export class BatchesStore {
  constructor(@Inject(POSTGRES_POOL) private readonly sql: Sql) {}

  /** Writes a pending batch, and its budget where it has a cap; false where the caller's idempotency key (index `batches_idempotency`) or the id exists. */
  async create(batch: NewBatch): Promise<boolean> {
    const { rowCount } = await this.sql.query({
      text: `WITH budget AS (
               INSERT INTO budgets (id, cost_cap_nano_usd) SELECT 'batch/' || $1, $13::bigint
               WHERE $13::bigint IS NOT NULL AND NOT EXISTS (SELECT FROM batches WHERE caller = $2 AND idempotency_key = $3) ON CONFLICT DO NOTHING
             )
             INSERT INTO batches (id, caller, idempotency_key, body_hash, interface, status, mode, defaults, options, metadata, tags, input_file_id, budget_id, simulated)
             VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, $8, $9, $10, $11, coalesce($14, CASE WHEN $13::bigint IS NOT NULL THEN 'batch/' || $1 END), $12) ON CONFLICT DO NOTHING`,
      values: [
        batch.id,
        batch.caller,
        batch.idempotencyKey,
        batch.bodyHash,
        batch.interface,
        batch.mode,
        storableJson(batch.defaults),
        storableJson(batch.options),
        storableJson(batch.metadata),
        batch.tags,
        batch.inputFileId,
        batch.simulated,
        batch.costCapNanoUsd,
        batch.budgetId ?? null,
      ],
    });
    return rowCount === 1;
  }

  /** A batch; null where there is none, or (with `caller`) none of that caller. */
  async find(id: string, caller: string | null = null): Promise<BatchRow | null> {
    const { rows } = await this.sql.query<BatchRow>({
      name: 'batch-find',
      text: `SELECT ${columns} FROM ${source} WHERE batch.id = $1 AND ($2::text IS NULL OR caller = $2)`,
      values: [id, caller],
    });
    return rows[0] ?? null;
  }

  /** The caller's batch of this idempotency key (index `batches_idempotency`), or null. */
  async findByKey(caller: string, idempotencyKey: string): Promise<BatchRow | null> {
    const { rows } = await this.sql.query<BatchRow>({ text: `SELECT ${columns} FROM ${source} WHERE caller = $1 AND idempotency_key = $2`, values: [caller, idempotencyKey] });
    return rows[0] ?? null;
  }

  /** The caller's newest batch of the same body that is younger than `youngerThanMs` (index `batches_caller_created`). */
  async findRepeated(caller: string, bodyHash: string, youngerThanMs: number): Promise<BatchRow | null> {
    const { rows } = await this.sql.query<BatchRow>({
      text: `SELECT ${columns} FROM ${source} WHERE caller = $1 AND body_hash = $2 AND batch.created_at > now() - $3 * interval '1 millisecond' ORDER BY batch.created_at DESC LIMIT 1`,
      values: [caller, bodyHash, youngerThanMs],
    });
    return rows[0] ?? null;
  }

  /** Batches of a caller, newest first (index `batches_caller_created`). */
  async list(caller: string, { interface: wire, status, tag, before, limit }: BatchFilter): Promise<BatchRow[]> {
    const { rows } = await this.sql.query<BatchRow>({
      text: `SELECT ${columns} FROM ${source}
             WHERE caller = $1 AND ($2::text IS NULL OR interface = $2) AND ($3::text IS NULL OR status = $3) AND ($4::text IS NULL OR $4 = ANY(tags))
               AND ($5::text IS NULL OR (batch.created_at, batch.id) < (SELECT created_at, id FROM batches WHERE id = $5 AND caller = $1))
             ORDER BY batch.created_at DESC, batch.id DESC LIMIT $6`,
      values: [caller, wire, status, tag, before, limit],
    });
    return rows;
  }

  /** Batches that are not over, created between `olderThanMs` ago and `after`, oldest first (index `batches_active`). */
  async active(after: Date, olderThanMs: number, limit: number): Promise<ActiveBatch[]> {
    const { rows } = await this.sql.query<ActiveBatch>({
      text: `SELECT id, interface, mode, status, defaults, item_count AS "itemCount", created_at AS "createdAt", cancel_requested_at AS "cancelRequestedAt" FROM batches
             WHERE status NOT IN ('completed', 'failed', 'canceled') AND created_at > $1 AND created_at < now() - $2 * interval '1 millisecond' ORDER BY created_at LIMIT $3`,
      values: [after, olderThanMs, limit],
    });
    return rows;
  }

  /**
   * Notes that the batch is to be canceled, so that no further call begins; false where it is over. One that failed because nobody carried it out any more, and that may have jobs at
   * providers, is open again, and so are the items that failed with it: its workflow ends those jobs and keeps what they did (index `provider_jobs_batch`).
   */
  async requestCancel(id: string): Promise<boolean> {
    const { rowCount } = await this.sql.query({
      text: `WITH left_alone AS (
               SELECT id, reason FROM batches WHERE id = $1 AND status = 'failed'
                 AND EXISTS (SELECT FROM provider_jobs WHERE batch_id = $1 AND mode = 'batch' AND status IN ('creating', 'running', 'ended')) FOR UPDATE
             ), reopened AS (
               UPDATE batch_items AS item SET status = 'pending', failure = NULL, finished_at = NULL FROM left_alone WHERE item.batch_id = left_alone.id AND item.status = 'failed' AND item.failure = left_alone.reason
             )
             UPDATE batches SET cancel_requested_at = coalesce(cancel_requested_at, now()), status = CASE WHEN status = 'failed' THEN 'submitting' ELSE status END, finished_at = NULL
             WHERE id = $1 AND (status NOT IN ('completed', 'failed', 'canceled') OR EXISTS (SELECT FROM left_alone))`,
      values: [id],
    });
    return rowCount === 1;
  }

  /** Notes that all items are stored; repeating it changes nothing. */
  async loaded(id: string, itemCount: number, simulated: boolean): Promise<void> {
    await this.sql.query({
      text: `UPDATE batches SET item_count = $2, simulated = simulated OR $3, started_at = coalesce(started_at, now()) WHERE id = $1`,
      values: [id, itemCount, simulated],
    });
  }

  /** Notes a faulty input and drops what was stored of it. */
  async faulty(id: string, faults: readonly BatchInputFault[]): Promise<void> {
    await this.sql.query({
      text: `WITH items AS (DELETE FROM batch_items WHERE batch_id = $1), plans AS (DELETE FROM batch_plans WHERE batch_id = $1)
             UPDATE batches SET input_faults = $2 WHERE id = $1`,
      values: [id, storableJson(faults)],
    });
  }

  /** Gives items without outcome one, in a batch that ends, and calls too; those of a failed batch stay as they are, as a retry goes on with them. Returns what all items came to. Safe to repeat. */
  async settleItems(id: string, status: 'completed' | 'failed' | 'canceled', failure: { code: string; message: string }): Promise<{ succeeded: number; failed: number; canceled: number }> {
    const canceled = status === 'canceled';
    await this.sql.query({
      text: `UPDATE batch_items SET status = $2, failure = coalesce(failure, $3::jsonb), finished_at = now() WHERE batch_id = $1 AND status = 'pending'`,
      values: [id, canceled ? 'canceled' : 'failed', storableJson(failure)],
    });
    if (status !== 'failed') await this.sql.query({ text: `UPDATE batch_calls SET status = 'canceled' WHERE batch_id = $1 AND status IN ('waiting', 'assigned')`, values: [id] });
    const { rows } = await this.sql.query<{ succeeded: number; failed: number; canceled: number }>({
      text: `SELECT count(*) FILTER (WHERE status = 'succeeded')::integer AS succeeded, count(*) FILTER (WHERE status = 'failed')::integer AS failed,
               count(*) FILTER (WHERE status = 'canceled')::integer AS canceled FROM batch_items WHERE batch_id = $1`,
      values: [id],
    });
    return rows[0] ?? { succeeded: 0, failed: 0, canceled: 0 };
  }

  /** Ends a batch; one that is over keeps its status. Why it stood still before is not why it was canceled. */
  async finish(id: string, end: { status: 'completed' | 'failed' | 'canceled'; reason: BatchReason | null; outputFileId: string | null; errorFileId: string | null }): Promise<void> {
    await this.sql.query({
      text: `UPDATE batches SET status = $2, reason = CASE WHEN $2 = 'canceled' THEN $3::jsonb ELSE coalesce($3::jsonb, reason) END, output_file_id = $4, error_file_id = $5, next_mode = NULL, finished_at = coalesce(finished_at, now())
             WHERE id = $1 AND (status NOT IN ('completed', 'failed', 'canceled') OR status = $2)`,
      values: [id, end.status, end.reason === null ? null : storableJson(end.reason), end.outputFileId, end.errorFileId],
    });
  }
}
