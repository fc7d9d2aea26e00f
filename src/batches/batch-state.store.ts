import type pg from 'pg';
import type { BatchMode, BatchStatus } from '../../domain/batches/batch-status.js';
import type { PlannedCall } from '../../domain/batches/calls-to-remake.js';
import { inTransaction } from '../database/in-transaction.js';
import { safeJson } from '../database/safe-json.js';
import type { BatchReason } from './batch.entity.js';

/** A failed item with its planned calls. */
export interface FailedItem {
  id: string;
  calls: PlannedCall[];
}

/** What a batch as a whole is doing, and its way back from failed items. */
export class BatchStateStore {
  constructor(private readonly pool: pg.Pool) {}

  /** Sets status and reason, and the mode where one is given, which takes back `nextMode`. A final status is never left. False: it was final, or there is no such batch. */
  async setStatus(batchId: string, change: { status: BatchStatus; reason: BatchReason | null; mode?: BatchMode; nextMode?: BatchMode }): Promise<boolean> {
    const { rowCount } = await this.pool.query({
      text: `UPDATE batches SET status = $2, reason = $3, mode = coalesce($4, mode), next_mode = CASE WHEN $4::text IS NULL THEN coalesce($5, next_mode) END,
  finished_at = CASE WHEN $2 IN ('completed', 'failed', 'canceled') THEN now() END
WHERE id = $1 AND status NOT IN ('completed', 'failed', 'canceled')`,
      values: [batchId, change.status, change.reason && safeJson(change.reason), change.mode ?? null, change.nextMode ?? null],
    });
    return rowCount === 1;
  }

  /** The first failed items of a batch that was not canceled, in their order, with all their planned calls. */
  async failedItems(batchId: string, limit: number): Promise<FailedItem[]> {
    const { rows } = await this.pool.query<FailedItem>({
      text: `SELECT item.id, coalesce((SELECT jsonb_agg(jsonb_build_object('id', call.id::text, 'key', call.key, 'status', call.status)) FROM batch_calls AS call WHERE call.item_id = item.id), '[]') AS calls
FROM batch_items AS item JOIN batches AS batch ON batch.id = item.batch_id
WHERE item.batch_id = $1 AND item.status = 'failed' AND batch.status <> 'canceled' AND batch.cancel_requested_at IS NULL ORDER BY item.ordinal LIMIT $2`,
      values: [batchId, limit],
    });
    return rows;
  }

  /**
   * Sets failed items back to pending: `remade` calls wait again, and items that are `askedAgain` get answers of their own under new keys. One attempt stays counted, so that what
   * the calls take is a retry's. Returns how many items.
   */
  reopenItems(items: { remade: string[]; askedAgain: string[]; ids: string[] }): Promise<number> {
    return inTransaction(this.pool, async (tx) => {
      const { rowCount } = await tx.query({
        text: `UPDATE batch_items SET status = 'pending', decision = NULL, output = NULL, failure = NULL, finished_at = NULL, validation_attempt = validation_attempt + CASE WHEN id = ANY($2) THEN 1 ELSE 0 END
WHERE id = ANY($1) AND status = 'failed'`,
        values: [items.ids, items.askedAgain],
      });
      await tx.query({
        text: `UPDATE batch_calls SET status = 'waiting', failure = NULL, attempt = least(attempt, 1) WHERE id = ANY($1::bigint[]) AND status = 'failed'`,
        values: [items.remade],
      });
      return rowCount ?? 0;
    });
  }

  /** Opens a finished batch again if it has items without outcome; one that was canceled stays so. */
  async reopen(batchId: string): Promise<void> {
    await this.pool.query({ text: reopenBatchText, values: [batchId] });
  }
}

/** Opens a batch again that is over and has items without outcome; one that was canceled stays so. */
export const reopenBatchText = `UPDATE batches SET status = 'submitting', reason = NULL, finished_at = NULL
WHERE id = $1 AND status IN ('completed', 'failed') AND cancel_requested_at IS NULL AND EXISTS (SELECT FROM batch_items WHERE batch_id = $1 AND status = 'pending')`;
