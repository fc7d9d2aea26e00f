import type pg from 'pg';
import type { BatchOptions } from '../../domain/batches/batch-options.js';
import type { BatchMode, BatchStatus, ProviderJobStatus } from '../../domain/batches/batch-status.js';
import type { CallPrice } from '../../domain/pricing/call-price.js';
import type { JobStatus } from '../providers/batch-provider.js';
import { inTransaction } from '../database/in-transaction.js';
import { safeJson } from '../database/safe-json.js';
import type { Sql } from '../database/sql.js';
import type { BatchReason } from './batch.entity.js';

/** A provider job with what its steps must know of its batch. Times are milliseconds since the epoch. */
export interface JobAtWork {
  id: string;
  batchId: string;
  mode: BatchMode;
  provider: string;
  model: string;
  endpoint: string;
  status: ProviderJobStatus;
  reason: BatchReason | null;
  lineCount: number;
  /** Of its lines, as it was planned; null: it was unknown then. */
  price: CallPrice | null;
  inputReference: string | null;
  reference: string | null;
  certain: boolean;
  rejectedReferences: string[];
  lastStatus: JobStatus | null;
  /** Attempts to make its calls, in mode `realtime`. */
  startCount: number;
  pollCount: number;
  troubleCount: number;
  createStartedAt: number | null;
  submittedAt: number | null;
  cancelSentAt: number | null;
  batch: { status: BatchStatus; nextMode: BatchMode | null; options: BatchOptions; budgetId: string | null; cancelRequested: boolean };
}

interface JobRow {
  id: string;
  batch_id: string;
  mode: BatchMode;
  provider: string;
  model: string;
  endpoint: string;
  status: ProviderJobStatus;
  reason: BatchReason | null;
  line_count: number;
  price: CallPrice | null;
  input_reference: string | null;
  reference: string | null;
  certain: boolean;
  rejected_references: string[];
  last_status: JobStatus | null;
  start_count: number;
  poll_count: number;
  trouble_count: number;
  create_started_at: Date | null;
  submitted_at: Date | null;
  cancel_sent_at: Date | null;
  batch_status: BatchStatus;
  next_mode: BatchMode | null;
  options: BatchOptions;
  budget_id: string | null;
  cancel_requested: boolean;
}

const jobColumns = `job.id, job.batch_id, job.mode, job.provider, job.model, job.endpoint, job.status, job.reason, job.line_count, job.price, job.input_reference, job.reference, job.certain,
job.rejected_references, job.last_status, job.start_count, job.poll_count, job.trouble_count, job.create_started_at, job.submitted_at, job.cancel_sent_at,
batch.status AS batch_status, batch.next_mode, batch.options, batch.budget_id, batch.cancel_requested_at IS NOT NULL AS cancel_requested`;

/** The rows of provider jobs: every step of a job is a change of its row, so that any worker can go on after any crash. */
export class ProviderJobsStore {
  constructor(private readonly pool: pg.Pool) {}

  /** The job with its batch, or null. */
  async read(jobId: string): Promise<JobAtWork | null> {
    const { rows } = await this.pool.query<JobRow>({ name: 'job-read', text: `SELECT ${jobColumns} FROM provider_jobs AS job JOIN batches AS batch ON batch.id = job.batch_id WHERE job.id = $1`, values: [jobId] });
    return rows[0] ? jobOf(rows[0]) : null;
  }

  /**
   * Gives a planned job one of the provider's places, `planned` → `creating`; false: all are taken (index `provider_jobs_inflight`). Over all workers and batches there are never
   * more than `providerLimit` at the provider, nor more than `modelLimit` (null: no such limit) of the job's model, nor more than `batchLimit` of this batch.
   */
  takePlace(job: Pick<JobAtWork, 'id' | 'batchId' | 'provider' | 'model'>, limits: { providerLimit: number; modelLimit: number | null; batchLimit: number }): Promise<boolean> {
    return inTransaction(this.pool, async (tx) => {
      await lockCreations(tx, job.provider);
      const { rows } = await tx.query<{ everybody: string; of_model: string; own: string }>({
        text: `SELECT count(*) AS everybody, count(*) FILTER (WHERE model = $4) AS of_model, count(*) FILTER (WHERE batch_id = $2) AS own FROM provider_jobs WHERE provider = $1 AND mode = 'batch' AND status IN ('creating', 'running') AND id <> $3 AND ${isCarriedOut('provider_jobs')}`,
        values: [job.provider, job.batchId, job.id, job.model],
      });
      if (Number(rows[0]?.of_model) >= (limits.modelLimit ?? Infinity)) return false;
      if (Number(rows[0]?.everybody) >= limits.providerLimit || Number(rows[0]?.own) >= limits.batchLimit) return false;
      await tx.query({ text: `UPDATE provider_jobs SET status = 'creating', reason = NULL WHERE id = $1 AND status = 'planned'`, values: [job.id] });
      return true;
    });
  }

  /**
   * Writes down that the job's creation begins now, and returns when that is. Null: another attempt to create this job is not settled yet, or, with `apartMs`, the creation of
   * another job at this provider that began less than so long ago, as two could not be told apart after a crash.
   */
  beginCreation(job: Pick<JobAtWork, 'id' | 'provider'>, options: { apartMs: number | null }): Promise<number | null> {
    return inTransaction(this.pool, async (tx) => {
      await lockCreations(tx, job.provider);
      const { rows } = await tx.query<{ create_started_at: Date }>({
        // Whole milliseconds, so that whoever read it can name it.
        text: `UPDATE provider_jobs SET create_started_at = date_trunc('milliseconds', clock_timestamp()) WHERE id = $1 AND status = 'creating' AND create_started_at IS NULL AND NOT ($2::float8 IS NOT NULL AND EXISTS (
  SELECT FROM provider_jobs AS other WHERE other.provider = $3 AND other.mode = 'batch' AND other.status = 'creating' AND other.create_started_at > clock_timestamp() - $2::float8 * interval '1 millisecond' AND other.id <> $1 AND ${isCarriedOut('other')}))
RETURNING create_started_at`,
        values: [job.id, options.apartMs, job.provider],
      });
      return rows[0]?.create_started_at.getTime() ?? null;
    });
  }

  /**
   * The creation that began at `createStartedAt` did not happen (null: none began): the job may be created anew without looking for it. `keepPlace` false: others may go first.
   * False: another attempt began one meanwhile, of which nothing is known here.
   */
  async creationRefused({ id, createStartedAt }: Pick<JobAtWork, 'id' | 'createStartedAt'>, options: { keepPlace: boolean }): Promise<boolean> {
    const { rowCount } = await this.pool.query({
      text: `UPDATE provider_jobs SET create_started_at = NULL, status = $2 WHERE id = $1 AND status = 'creating' AND create_started_at IS NOT DISTINCT FROM $3`,
      values: [id, options.keepPlace ? 'creating' : 'planned', createStartedAt === null ? null : new Date(createStartedAt)],
    });
    return rowCount === 1;
  }

  async saveInput(jobId: string, inputReference: string): Promise<void> {
    await this.pool.query({ text: 'UPDATE provider_jobs SET input_reference = $2 WHERE id = $1', values: [jobId, inputReference] });
  }

  /** The uploaded input is of no use any more, such as one that expired at the provider. */
  async forgetInput(jobId: string): Promise<void> {
    await this.pool.query({ text: 'UPDATE provider_jobs SET input_reference = NULL WHERE id = $1 AND reference IS NULL', values: [jobId] });
  }

  /** The job exists at the provider. False: it has its reference already, or is closed. */
  async saveReference(jobId: string, status: JobStatus, certain: boolean): Promise<boolean> {
    const { rowCount } = await this.pool.query({
      text: `UPDATE provider_jobs SET status = 'running', reference = $2, last_status = $3, certain = $4, trouble_count = 0, reason = NULL, submitted_at = coalesce(submitted_at, now()) WHERE id = $1 AND status = 'creating'`,
      values: [jobId, status.reference, safeJson(status), certain],
    });
    return rowCount === 1;
  }

  /** Of these references, those that belong to other jobs of ours (index `provider_jobs_reference`). */
  async othersReferences(job: Pick<JobAtWork, 'id' | 'provider'>, references: string[]): Promise<Set<string>> {
    const { rows } = await this.pool.query<{ reference: string }>({ text: 'SELECT reference FROM provider_jobs WHERE provider = $1 AND reference = ANY($2) AND id <> $3', values: [job.provider, references, job.id] });
    return new Set(rows.map(({ reference }) => reference));
  }

  /** What was taken for this job is another's: it is to be looked for again, and that one will not be mistaken for it any more. */
  async rejectReference(jobId: string): Promise<void> {
    await this.pool.query({
      text: `UPDATE provider_jobs SET status = 'creating', rejected_references = array_append(rejected_references, reference), reference = NULL, certain = true, last_status = NULL,
submitted_at = NULL, ended_at = NULL, cancel_sent_at = NULL WHERE id = $1 AND reference IS NOT NULL AND NOT certain`,
      values: [jobId],
    });
  }

  async confirm(jobId: string): Promise<void> {
    await this.pool.query({ text: 'UPDATE provider_jobs SET certain = true WHERE id = $1', values: [jobId] });
  }

  /** One more failed request in a row about this job; returns how many. */
  async noteTrouble(jobId: string, reason: BatchReason | null): Promise<number> {
    const { rows } = await this.pool.query<{ trouble_count: number }>({
      text: 'UPDATE provider_jobs SET trouble_count = trouble_count + 1, reason = $2 WHERE id = $1 RETURNING trouble_count',
      values: [jobId, reason && safeJson(reason)],
    });
    return rows[0]?.trouble_count ?? 1;
  }

  /** The provider said for the `times`-th time in a row what would cost the job's answers if it were believed. */
  async noteDoubt(jobId: string, reason: BatchReason | null, times: number): Promise<void> {
    await this.pool.query({ text: 'UPDATE provider_jobs SET trouble_count = $3, reason = $2 WHERE id = $1', values: [jobId, reason && safeJson(reason), times] });
  }

  async clearTrouble(jobId: string): Promise<void> {
    await this.pool.query({ text: 'UPDATE provider_jobs SET trouble_count = 0, reason = NULL WHERE id = $1 AND (trouble_count > 0 OR reason IS NOT NULL)', values: [jobId] });
  }

  /** The provider's answer to one look. */
  async saveStatus(jobId: string, status: JobStatus): Promise<void> {
    await this.pool.query({ text: 'UPDATE provider_jobs SET last_status = $2, poll_count = poll_count + 1, trouble_count = 0, reason = NULL WHERE id = $1', values: [jobId, safeJson(status)] });
  }

  /** The provider does nothing more about the job; its results are to be written. */
  async end(jobId: string, reason: BatchReason | null): Promise<void> {
    await this.pool.query({ text: `UPDATE provider_jobs SET status = 'ended', ended_at = now(), reason = $2, trouble_count = 0 WHERE id = $1 AND status = 'running'`, values: [jobId, reason && safeJson(reason)] });
  }

  async noteCancelSent(jobId: string): Promise<void> {
    await this.pool.query({ text: 'UPDATE provider_jobs SET cancel_sent_at = coalesce(cancel_sent_at, now()) WHERE id = $1', values: [jobId] });
  }

  /** A chunk of realtime calls begins, or goes on; returns which start it is, null: it is closed. Whoever started it before is to leave it alone. */
  async startChunk(jobId: string): Promise<number | null> {
    const { rows } = await this.pool.query<{ start_count: number }>({
      text: `UPDATE provider_jobs SET status = 'running', start_count = start_count + 1, submitted_at = coalesce(submitted_at, now()) WHERE id = $1 AND status IN ('planned', 'running') RETURNING start_count`,
      values: [jobId],
    });
    return rows[0]?.start_count ?? null;
  }

  /** The job is over and all its lines have their state. */
  async close(jobId: string, status: 'collected' | 'failed' | 'canceled', facts: { reason?: BatchReason; orphaned?: number; duplicated?: number } = {}): Promise<void> {
    await this.pool.query({
      text: `UPDATE provider_jobs SET status = $2, reason = coalesce($3, reason), orphaned_count = $4, duplicated_count = $5, collected_at = now(), ended_at = coalesce(ended_at, now())
WHERE id = $1 AND status NOT IN ('collected', 'failed', 'canceled')`,
      values: [jobId, status, facts.reason ? safeJson(facts.reason) : null, facts.orphaned ?? 0, facts.duplicated ?? 0],
    });
  }

  /** Closes jobs of a canceled batch: those that are at no provider; with `all`, whatever is left. Their open lines are canceled. Returns their ids. */
  cancelRest(batchId: string, options: { all: boolean; reason: BatchReason }): Promise<string[]> {
    return inTransaction(this.pool, async (tx) => {
      const { rows } = await tx.query<{ id: string }>({
        text: `UPDATE provider_jobs SET status = 'canceled', reason = coalesce(reason, $3), ended_at = coalesce(ended_at, now()), collected_at = now()
WHERE batch_id = $1 AND status NOT IN ('collected', 'failed', 'canceled') AND ($2 OR status = 'planned' OR (status = 'creating' AND create_started_at IS NULL)) RETURNING id`,
        values: [batchId, options.all, safeJson(options.reason)],
      });
      const ids = rows.map(({ id }) => id);
      await tx.query({ text: `UPDATE batch_calls SET status = 'canceled' WHERE job_id = ANY($1) AND status = 'assigned'`, values: [ids] });
      return ids;
    });
  }

  /** Closed jobs of a batch whose reservation stands: whoever closed them died before it was settled (index `provider_jobs_batch`). */
  async unsettled(batchId: string): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>({
      text: `SELECT job.id FROM provider_jobs AS job JOIN batches AS batch ON batch.id = job.batch_id JOIN budget_reservations AS reservation ON reservation.budget_id = batch.budget_id AND reservation.key = job.id
WHERE job.batch_id = $1 AND job.status IN ('collected', 'failed', 'canceled') AND reservation.settled_at IS NULL`,
      values: [batchId],
    });
    return rows.map(({ id }) => id);
  }

  /** Notes that the batch is to be canceled and returns its jobs that exist at a provider and have not ended. */
  async requestCancel(batchId: string): Promise<{ id: string; provider: string; reference: string }[]> {
    await this.pool.query({ text: 'UPDATE batches SET cancel_requested_at = coalesce(cancel_requested_at, now()) WHERE id = $1', values: [batchId] });
    const { rows } = await this.pool.query<{ id: string; provider: string; reference: string }>({
      text: `SELECT id, provider, reference FROM provider_jobs WHERE batch_id = $1 AND status = 'running' AND mode = 'batch' AND reference IS NOT NULL ORDER BY created_at, id`,
      values: [batchId],
    });
    return rows;
  }

  /**
   * Sets the batch's status by what its jobs do: `submitting` while one is not at its provider, `submitted` until a provider tells of work, `running`, `collecting`. What is
   * paused or final stays.
   */
  async refreshBatchStatus(batchId: string): Promise<void> {
    await this.pool.query({
      text: `UPDATE batches SET status = now_at.status, reason = NULL FROM (
  SELECT CASE WHEN bool_or(status IN ('planned', 'creating')) THEN 'submitting'
    WHEN bool_or(status = 'running' AND (mode = 'realtime' OR poll_count > 0)) THEN 'running'
    WHEN bool_or(status = 'running') THEN 'submitted'
    WHEN bool_or(status = 'ended') THEN 'collecting' END AS status
  FROM provider_jobs WHERE batch_id = $1 AND status IN ('planned', 'creating', 'running', 'ended')) AS now_at
WHERE id = $1 AND now_at.status IS NOT NULL AND batches.status IN ('pending', 'submitting', 'submitted', 'running', 'collecting') AND batches.status <> now_at.status`,
      values: [batchId],
    });
  }
}

// A batch whose workflow was ended by force leaves jobs that nobody follows: they must not keep the places of others.
function isCarriedOut(job: string): string {
  return `EXISTS (SELECT FROM batches WHERE batches.id = ${job}.batch_id AND batches.status NOT IN ('completed', 'failed', 'canceled'))`;
}

// One lock for a provider's places and creations: counting and taking are one step for all workers.
async function lockCreations(tx: Sql, provider: string): Promise<void> {
  await tx.query({ text: `SELECT pg_advisory_xact_lock(hashtextextended('conclave provider jobs ' || $1, 0))`, values: [provider] });
}

function jobOf(row: JobRow): JobAtWork {
  return {
    id: row.id,
    batchId: row.batch_id,
    mode: row.mode,
    provider: row.provider,
    model: row.model,
    endpoint: row.endpoint,
    status: row.status,
    reason: row.reason,
    lineCount: row.line_count,
    price: row.price,
    inputReference: row.input_reference,
    reference: row.reference,
    certain: row.certain,
    rejectedReferences: row.rejected_references,
    lastStatus: row.last_status,
    startCount: row.start_count,
    pollCount: row.poll_count,
    troubleCount: row.trouble_count,
    createStartedAt: row.create_started_at?.getTime() ?? null,
    submittedAt: row.submitted_at?.getTime() ?? null,
    cancelSentAt: row.cancel_sent_at?.getTime() ?? null,
    batch: { status: row.batch_status, nextMode: row.next_mode, options: row.options, budgetId: row.budget_id, cancelRequested: row.cancel_requested },
  };
}
