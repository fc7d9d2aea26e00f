import type pg from 'pg';
import type { CallModelInput } from '../../domain/chat/call.js';
import type { ChatRequest } from '../../domain/chat/chat-request.js';
import type { BatchCallStatus } from '../../domain/batches/batch-status.js';
import type { RestRule } from '../../domain/batches/after-job.js';
import type { CallFailure } from '../../domain/failures/failure-code.js';
import { inTransaction } from '../database/in-transaction.js';
import { safeJson } from '../database/safe-json.js';
import { CallsStore } from '../traces/calls.store.js';
import { mayBeCharged } from '../traces/may-be-charged.js';
import type { CallRecord } from '../traces/calls.store.js';

/** One line of a job: a planned call with the conversation it belongs to. */
export interface JobLine {
  /** Of the `batch_calls` row. */
  id: string;
  input: CallModelInput;
  request: ChatRequest;
  status: BatchCallStatus;
  /** Jobs it was a line of, this one included. */
  attempt: number;
}

/** What became of one line, with the attempt that enters the ledger. */
export interface LineOutcome {
  id: string;
  status: Exclude<BatchCallStatus, 'assigned'>;
  realtimeOnly: boolean;
  failure: CallFailure | null;
  record: CallRecord;
}

interface LineRow {
  id: string;
  input: CallModelInput;
  request: ChatRequest;
  status: BatchCallStatus;
  attempt: number;
}

const lineColumns = 'line.id, line.input, item.request, line.status, line.attempt';

/** The lines of provider jobs: read as a stream, written in groups. No statement is prepared by name: Postgres would keep the plan it made while the tables were empty. */
export class JobLinesStore {
  constructor(private readonly pool: pg.Pool) {}

  /**
   * All open lines of a job, ascending (index `batch_calls_job`). Their ids are read at once, some megabytes for the largest job, and the lines by them: asked page by page for what
   * comes next, Postgres without statistics would sort all that is left for every page.
   */
  async *stream(jobId: string, pageSize: number): AsyncGenerator<JobLine, void> {
    const { rows } = await this.pool.query<{ id: string }>({ text: `SELECT id FROM batch_calls WHERE job_id = $1 AND status = 'assigned' ORDER BY id`, values: [jobId] });
    for (let first = 0; first < rows.length; first += pageSize) {
      const page = await this.ofJob(jobId, rows.slice(first, first + pageSize).map(({ id }) => id));
      yield* page.filter(({ status }) => status === 'assigned');
    }
  }

  /** Those of `ids` that are lines of the job, whatever their state, ascending. */
  async ofJob(jobId: string, ids: string[]): Promise<JobLine[]> {
    const { rows } = await this.pool.query<LineRow>({
      text: `SELECT ${lineColumns} FROM batch_calls AS line JOIN batch_items AS item ON item.id = line.item_id WHERE line.id = ANY($2::bigint[]) AND line.job_id = $1 ORDER BY line.id`,
      values: [jobId, ids],
    });
    return rows;
  }

  /** The smallest id of a job's open lines; null: it has none. */
  async first(jobId: string): Promise<string | null> {
    const { rows } = await this.pool.query<{ id: string }>({ text: `SELECT id FROM batch_calls WHERE job_id = $1 AND status = 'assigned' ORDER BY id LIMIT 1`, values: [jobId] });
    return rows[0]?.id ?? null;
  }

  /** Writes a group of outcomes in one transaction: ledger and lines agree whatever happens. Lines that have their state already are left alone; returns those written. */
  record(jobId: string, outcomes: readonly LineOutcome[]): Promise<LineOutcome[]> {
    return inTransaction(this.pool, async (tx) => {
      const { rows } = await tx.query<{ id: string }>({
        text: `SELECT id FROM batch_calls WHERE id = ANY($2::bigint[]) AND job_id = $1 AND status = 'assigned' ORDER BY id FOR UPDATE`,
        values: [jobId, outcomes.map(({ id }) => id)],
      });
      const open = new Set(rows.map(({ id }) => id));
      const written = outcomes.filter(({ id }) => open.has(id));
      await new CallsStore(tx).enterMany(written.map(({ record }) => record));
      await tx.query({ text: settleText, values: settleValues(jobId, written) });
      return written;
    });
  }

  /** Like `record`, for calls whose attempts entered the ledger on their own. */
  async settle(jobId: string, outcomes: readonly Omit<LineOutcome, 'record'>[]): Promise<void> {
    await this.pool.query({ text: settleText, values: settleValues(jobId, outcomes) });
  }

  /** Open lines whose call has its answer in the ledger succeed: what a worker that died had recorded. Returns how many. */
  async reconcile(jobId: string): Promise<number> {
    const { rowCount } = await this.pool.query({ text: reconcileText, values: [[jobId]] });
    return rowCount ?? 0;
  }

  /** Gives every line that is still open its state; `sent` false: the job never reached a provider, so it counts as no attempt. Returns how many. */
  async closeOpen(jobId: string, rule: RestRule, limits: { maxAttempts: number; sent: boolean }): Promise<number> {
    const { rowCount } = await this.pool.query({
      text: `UPDATE batch_calls SET
  status = CASE WHEN $2 THEN 'canceled' WHEN $3 AND ($4 OR NOT $6 OR attempt < $5) THEN 'waiting' ELSE 'failed' END,
  realtime_only = realtime_only OR ($3 AND $4),
  attempt = CASE WHEN $6 THEN attempt ELSE greatest(attempt - 1, 0) END,
  failure = $7
WHERE job_id = $1 AND status = 'assigned'`,
      values: [jobId, rule.canceled, rule.again, rule.realtime, limits.maxAttempts, limits.sent, safeJson(rule.failure)],
    });
    return rowCount ?? 0;
  }

  /** Puts the open lines of a batch's jobs that are at no provider back to waiting and closes those jobs. Returns the jobs and how many lines. */
  release(batchId: string): Promise<{ jobIds: string[]; lines: number }> {
    return inTransaction(this.pool, async (tx) => {
      const { rows } = await tx.query<{ id: string; status: string }>({
        text: `SELECT id, status FROM provider_jobs WHERE batch_id = $1 AND (status = 'planned' OR (status = 'creating' AND create_started_at IS NULL) OR (mode = 'realtime' AND status = 'running')) ORDER BY id FOR UPDATE`,
        values: [batchId],
      });
      const jobIds = rows.map(({ id }) => id);
      // What a worker that died had recorded is not asked again elsewhere.
      await tx.query({ text: reconcileText, values: [jobIds] });
      const { rowCount } = await tx.query({
        text: `UPDATE batch_calls SET status = 'waiting', attempt = greatest(attempt - 1, 0) WHERE job_id = ANY($1) AND status = 'assigned'`,
        values: [jobIds],
      });
      await tx.query({
        text: `UPDATE provider_jobs SET status = CASE WHEN status = 'running' THEN 'collected' ELSE 'canceled' END, collected_at = now(), ended_at = coalesce(ended_at, now()) WHERE id = ANY($1)`,
        values: [jobIds],
      });
      return { jobIds, lines: rowCount ?? 0 };
    });
  }

  /**
   * What attempts of this job took besides its answers, at most: answers that were of no use and are charged, and what was set aside for those of which nobody knows what they did, as
   * they were cut off after they were sent, or told no usage (indices `calls_group`, `batch_calls_key`).
   */
  async besides(jobId: string): Promise<{ nanoUsd: number; tokens: number }> {
    const { rows } = await this.pool.query<{ cost: string; tokens: string }>({
      text: `SELECT coalesce(sum(coalesce(calls.cost_nano_usd, line.reserved_nano_usd)), 0) AS cost,
  coalesce(sum(coalesce(calls.input_tokens + calls.output_tokens, line.reserved_tokens)) FILTER (WHERE calls.outcome <> 'succeeded' OR calls.input_tokens IS NULL), 0) AS tokens FROM provider_jobs AS job JOIN calls ON calls.group_id = job.batch_id AND calls.started_at >= job.created_at
CROSS JOIN LATERAL (SELECT reserved_nano_usd, reserved_tokens FROM batch_calls WHERE item_id = calls.completion_id AND key = calls.key AND job_id = $1 OFFSET 0) AS line
WHERE job.id = $1 AND CASE WHEN calls.cost_nano_usd IS NULL THEN ${mayBeCharged('calls')} ELSE calls.outcome = 'failed' END`,
      values: [jobId],
    });
    return { nanoUsd: Number(rows[0]?.cost ?? 0), tokens: Number(rows[0]?.tokens ?? 0) };
  }

  /** What was set aside for the lines of a provider's job of which it gave no row (indices `batch_calls_job`, `calls_completion`). */
  async unanswered(jobId: string): Promise<{ nanoUsd: number; tokens: number }> {
    const { rows } = await this.pool.query<{ cost: string; tokens: string }>({
      text: `SELECT coalesce(sum(reserved_nano_usd), 0) AS cost, coalesce(sum(reserved_tokens), 0) AS tokens FROM batch_calls AS line
WHERE job_id = $1 AND status <> 'succeeded' AND NOT EXISTS (SELECT FROM calls WHERE completion_id = line.item_id AND key = line.key AND mode = 'batch' AND attempt = line.attempt)`,
      values: [jobId],
    });
    return { nanoUsd: Number(rows[0]?.cost ?? 0), tokens: Number(rows[0]?.tokens ?? 0) };
  }

  /** Lines of a job by state, and what its answers cost by the ledger (nano-USD, unknown costs left out). */
  async tally(jobId: string): Promise<{ succeeded: number; failed: number; costNanoUsd: number; tokens: number }> {
    const { rows } = await this.pool.query<{ succeeded: string; failed: string; cost: string; tokens: string }>({
      text: `SELECT count(*) FILTER (WHERE line.status = 'succeeded') AS succeeded, count(*) FILTER (WHERE line.status = 'failed') AS failed,
  coalesce(sum(calls.cost_nano_usd), 0) AS cost, coalesce(sum(calls.input_tokens + calls.output_tokens), 0) AS tokens
FROM batch_calls AS line LEFT JOIN calls ON line.status = 'succeeded' AND calls.completion_id = line.item_id AND calls.key = line.key AND calls.outcome = 'succeeded'
WHERE line.job_id = $1`,
      values: [jobId],
    });
    const row = rows[0];
    return { succeeded: Number(row?.succeeded ?? 0), failed: Number(row?.failed ?? 0), costNanoUsd: Number(row?.cost ?? 0), tokens: Number(row?.tokens ?? 0) };
  }
}

const reconcileText = `UPDATE batch_calls AS line SET status = 'succeeded', failure = NULL FROM calls
WHERE line.job_id = ANY($1) AND line.status = 'assigned' AND calls.completion_id = line.item_id AND calls.key = line.key AND calls.outcome = 'succeeded'`;

const settleText = `UPDATE batch_calls AS line SET status = now_is.status, realtime_only = line.realtime_only OR now_is.realtime_only, failure = now_is.failure
FROM unnest($1::bigint[], $2::text[], $3::boolean[], $4::jsonb[]) AS now_is(id, status, realtime_only, failure)
WHERE line.id = now_is.id AND line.job_id = $5 AND line.status = 'assigned'`;

function settleValues(jobId: string, outcomes: readonly Omit<LineOutcome, 'record'>[]): unknown[] {
  return [outcomes.map(({ id }) => id), outcomes.map(({ status }) => status), outcomes.map(({ realtimeOnly }) => realtimeOnly), outcomes.map(({ failure }) => failure && safeJson(failure)), jobId];
}
