import type pg from 'pg';
import { missedSchema, outputOf } from '../../domain/batches/item-output.js';
import type { BatchItemOutput } from '../../domain/batches/item-output.js';
import type { BatchMode, ProviderJobStatus } from '../../domain/batches/batch-status.js';
import { inTransaction } from '../database/in-transaction.js';
import { safeJson } from '../database/safe-json.js';
import type { Sql } from '../database/sql.js';
import { reopenBatchText } from './batch-state.store.js';

/** What became of the lines of one job. `expected` is the sum of the seven after it. */
export interface JobIntegrity {
  jobId: string;
  provider: string;
  model: string;
  mode: BatchMode;
  round: number;
  status: ProviderJobStatus;
  /** Lines it was made of. */
  expected: number;
  /** Lines whose answer is in the ledger. */
  valid: number;
  failed: number;
  canceled: number;
  /** Under way. */
  open: number;
  /** The job is over and they have neither answer nor failure, or are said to have succeeded and have no answer. */
  missing: number;
  /** Wait for another job. */
  waiting: number;
  /** Became lines of a later job. */
  moved: number;
  /** Result rows for a line that had its result, and for no line of this job; they changed nothing. */
  duplicated: number;
  orphaned: number;
}

/** Whether a batch is whole. */
export interface BatchIntegrity {
  jobs: JobIntegrity[];
  /** Sums over the jobs; `missing` also counts planned calls that lost their job, `orphaned` answers in the ledger that no planned call asked for. */
  totals: Pick<JobIntegrity, 'expected' | 'valid' | 'failed' | 'missing' | 'duplicated' | 'orphaned'>;
  /** `missing`: items that were read and are not there, and such as are said to have succeeded and have no answer. */
  items: { expected: number; succeeded: number; failed: number; canceled: number; pending: number; missing: number };
}

/** What repair did: calls whose answer was there after all, calls that wait again, items that are pending again. */
export interface Repaired {
  reconciled: number;
  calls: number;
  items: number;
}

/** What the stored answers came to against a schema. `changed`: items whose status is another now. */
export interface Revalidated {
  checked: number;
  valid: number;
  invalid: number;
  changed: number;
}

interface StoredAnswer {
  id: string;
  status: 'succeeded' | 'failed';
  text: string;
}

const final = `('collected', 'failed', 'canceled')`;
const answerOfCall = `calls AS answer ON answer.completion_id = call.item_id AND answer.key = call.key AND answer.outcome = 'succeeded'`;
/** An item's answer is the last recorded call of a plain model, or part of the decision. */
const hasAnswer = `(item.decision IS NOT NULL OR EXISTS (SELECT FROM calls WHERE calls.completion_id = item.id AND calls.outcome = 'succeeded'))`;
const pageSize = 200;
/** Milliseconds of judging without letting other requests have their turn. */
const turnMs = 10;

/** Compares what a batch says with what it has, repairs the difference, and judges stored answers anew. None of it calls a provider. */
export class BatchIntegrityStore {
  constructor(private readonly pool: pg.Pool) {}

  /** Counts every line of every job, and every item; null: there is no such batch. Indices: `provider_jobs_batch`, `batch_calls_job`, `calls_paid_once`, `calls_group`. */
  async verify(batchId: string): Promise<BatchIntegrity | null> {
    const [jobs, stray, items] = await Promise.all([
      this.pool.query<JobIntegrity>({ text: jobsText, values: [batchId] }),
      this.pool.query<{ lost: number; unasked: number }>({ text: strayText, values: [batchId] }),
      this.pool.query<BatchIntegrity['items']>({ text: itemsText, values: [batchId] }),
    ]);
    const counted = items.rows[0];
    if (!counted) return null;
    const sum = (name: 'expected' | 'valid' | 'failed' | 'missing' | 'duplicated' | 'orphaned'): number => jobs.rows.reduce((total, job) => total + job[name], 0);
    const totals = { expected: sum('expected'), valid: sum('valid'), failed: sum('failed'), missing: sum('missing') + (stray.rows[0]?.lost ?? 0), duplicated: sum('duplicated'), orphaned: sum('orphaned') + (stray.rows[0]?.unasked ?? 0) };
    return { jobs: jobs.rows, totals, items: counted };
  }

  /**
   * Sets what is missing back to waiting and its items to pending, and opens a batch that is over again, so that its workflow makes them. What has its answer after all is noted so; items that
   * failed stay as they are. A canceled batch is left alone.
   */
  repair(batchId: string): Promise<Repaired> {
    return inTransaction(this.pool, async (tx) => {
      const { rowCount: isThere } = await tx.query({ text: `SELECT FROM batches WHERE id = $1 AND status <> 'canceled' AND cancel_requested_at IS NULL FOR UPDATE`, values: [batchId] });
      if (isThere !== 1) return { reconciled: 0, calls: 0, items: 0 };
      const { rowCount: reconciled } = await tx.query({ text: reconcileText, values: [batchId] });
      const { rows: lost } = await tx.query<{ item_id: string }>({ text: waitAgainText, values: [batchId] });
      const { rowCount: items } = await tx.query({ text: reopenText, values: [batchId, [...new Set(lost.map((call) => call.item_id))]] });
      await tx.query({ text: reopenBatchText, values: [batchId] });
      return { reconciled: reconciled ?? 0, calls: lost.length, items: items ?? 0 };
    });
  }

  /**
   * Judges every stored answer by a schema, which is the batch's own from now on: items that follow it succeed, the others fail and may be retried. Items that failed for another reason, and
   * such as answered with tool calls, stay as they are. All of it is one transaction, with what `besides` writes: whoever dies half-way leaves everything as it was. Null: the batch is not over.
   */
  revalidate(batchId: string, schema: Record<string, unknown>, besides: (tx: Sql) => Promise<void> = () => Promise.resolve()): Promise<Revalidated | null> {
    return inTransaction(this.pool, async (tx) => {
      // Whoever else judges or opens this batch waits here.
      const { rows: [batch] } = await tx.query<{ last: number | null }>({ text: beginJudgingText, values: [batchId, safeJson(schema)] });
      if (!batch) return null;
      const result: Revalidated = { checked: 0, valid: 0, invalid: 0, changed: 0 };
      for (let from = 0; from <= (batch.last ?? -1); from += pageSize) await judgePage(tx, { batchId, schema, from, result });
      await besides(tx);
      return result;
    });
  }
}

async function judgePage(tx: Sql, { batchId, schema, from, result }: { batchId: string; schema: Record<string, unknown>; from: number; result: Revalidated }): Promise<void> {
  const { rows } = await tx.query<StoredAnswer>({ text: answersText, values: [batchId, from, from + pageSize] });
  const judged = await judge(rows, schema);
  if (judged.length > 0) await tx.query({ text: judgeText, values: [safeJson(judged.map(({ row, output }) => ({ id: row.id, output, status: output.valid ? 'succeeded' : 'failed', failure: output.valid ? null : missedSchema(output.errors) })))] });
  const valid = judged.filter(({ output }) => output.valid).length;
  result.checked += rows.length;
  result.valid += valid;
  result.invalid += rows.length - valid;
  result.changed += judged.filter(({ row, output }) => (row.status === 'succeeded') !== output.valid).length;
}

/** Answers may be long and schemas slow: others have their turn in between. */
async function judge(rows: readonly StoredAnswer[], schema: Record<string, unknown>): Promise<{ row: StoredAnswer; output: BatchItemOutput }[]> {
  const judged: { row: StoredAnswer; output: BatchItemOutput }[] = [];
  let since = performance.now();
  for (const row of rows) {
    judged.push({ row, output: outputOf(row.text, schema) });
    if (performance.now() - since < turnMs) continue;
    await new Promise(setImmediate);
    since = performance.now();
  }
  return judged;
}

const jobsText = `
SELECT job.id AS "jobId", job.provider, job.model, job.mode, job.round, job.status, job.line_count AS expected,
  count(call.id) FILTER (WHERE answer.id IS NOT NULL)::integer AS valid,
  count(call.id) FILTER (WHERE answer.id IS NULL AND call.status = 'failed')::integer AS failed,
  count(call.id) FILTER (WHERE answer.id IS NULL AND call.status = 'canceled')::integer AS canceled,
  count(call.id) FILTER (WHERE answer.id IS NULL AND call.status = 'assigned' AND job.status NOT IN ${final})::integer AS open,
  count(call.id) FILTER (WHERE answer.id IS NULL AND (call.status = 'succeeded' OR (call.status = 'assigned' AND job.status IN ${final})))::integer AS missing,
  count(call.id) FILTER (WHERE answer.id IS NULL AND call.status = 'waiting')::integer AS waiting,
  job.line_count - count(call.id)::integer AS moved,
  job.duplicated_count AS duplicated, job.orphaned_count AS orphaned
FROM provider_jobs AS job LEFT JOIN batch_calls AS call ON call.job_id = job.id LEFT JOIN ${answerOfCall}
WHERE job.batch_id = $1 GROUP BY job.id ORDER BY job.created_at, job.id`;

const strayText = `
SELECT (SELECT count(*)::integer FROM batch_calls AS call LEFT JOIN ${answerOfCall} WHERE call.batch_id = $1 AND call.job_id IS NULL AND call.status IN ('assigned', 'succeeded') AND answer.id IS NULL) AS lost,
  (SELECT count(*)::integer FROM calls WHERE group_id = $1 AND outcome = 'succeeded' AND NOT EXISTS (SELECT FROM batch_calls WHERE item_id = calls.completion_id AND key = calls.key)) AS unasked`;

const itemsText = `
SELECT coalesce(batch.item_count, count(item.id)::integer) AS expected,
  count(item.id) FILTER (WHERE item.status = 'succeeded')::integer AS succeeded, count(item.id) FILTER (WHERE item.status = 'failed')::integer AS failed,
  count(item.id) FILTER (WHERE item.status = 'canceled')::integer AS canceled, count(item.id) FILTER (WHERE item.status = 'pending')::integer AS pending,
  greatest(coalesce(batch.item_count, 0) - count(item.id)::integer, 0) + count(item.id) FILTER (WHERE item.status = 'succeeded' AND NOT ${hasAnswer})::integer AS missing
FROM batches AS batch LEFT JOIN batch_items AS item ON item.batch_id = batch.id WHERE batch.id = $1 GROUP BY batch.id`;

const reconcileText = `UPDATE batch_calls AS call SET status = 'succeeded', failure = NULL FROM calls AS answer
WHERE call.batch_id = $1 AND call.status IN ('assigned', 'waiting', 'failed') AND answer.completion_id = call.item_id AND answer.key = call.key AND answer.outcome = 'succeeded'
  AND NOT EXISTS (SELECT FROM provider_jobs AS job WHERE job.id = call.job_id AND job.status NOT IN ${final})`;

const waitAgainText = `UPDATE batch_calls AS call SET status = 'waiting', failure = NULL WHERE call.batch_id = $1
  AND NOT EXISTS (SELECT FROM calls AS answer WHERE answer.completion_id = call.item_id AND answer.key = call.key AND answer.outcome = 'succeeded')
  AND (call.status = 'succeeded' OR (call.status = 'assigned' AND NOT EXISTS (SELECT FROM provider_jobs AS job WHERE job.id = call.job_id AND job.status NOT IN ${final})))
RETURNING call.item_id`;

const reopenText = `UPDATE batch_items AS item SET status = 'pending', decision = NULL, output = NULL, failure = NULL, finished_at = NULL
WHERE item.batch_id = $1 AND ((item.id = ANY($2) AND item.status IN ('succeeded', 'failed')) OR (item.status = 'succeeded' AND NOT ${hasAnswer}))`;

const beginJudgingText = `UPDATE batches SET options = jsonb_set(options, '{schema}', $2) WHERE id = $1 AND status IN ('completed', 'failed', 'canceled')
RETURNING (SELECT max(ordinal) FROM batch_items WHERE batch_id = $1) AS last`;

// The last answer of a plain model has the highest sample. A page has both bounds, as Postgres sorts all that follows for a limit while it has no statistics (index `batch_items_ordinal`).
const answersText = `
SELECT item.id, item.status, coalesce(item.decision #>> '{choices,0,text}', answer.text, '') AS text
FROM batch_items AS item LEFT JOIN LATERAL (
  SELECT calls.text, calls.tool_calls FROM calls WHERE item.decision IS NULL AND calls.completion_id = item.id AND calls.outcome = 'succeeded' AND calls.key LIKE 'answer/%' ORDER BY calls.id DESC LIMIT 1
) AS answer ON true
WHERE item.batch_id = $1 AND item.ordinal >= $2 AND item.ordinal < $3 AND (item.status = 'succeeded' OR (item.status = 'failed' AND item.failure ->> 'code' = 'invalid_answer' AND item.output IS NOT NULL))
  AND (item.decision IS NOT NULL OR answer.text IS NOT NULL) AND answer.tool_calls IS NULL AND coalesce(jsonb_array_length(item.decision #> '{choices,0,toolCalls}'), 0) = 0
ORDER BY item.ordinal`;

const judgeText = `UPDATE batch_items AS item SET status = now_is.status, output = now_is.output, failure = now_is.failure
FROM jsonb_to_recordset($1::jsonb) AS now_is(id text, status text, output jsonb, failure jsonb) WHERE item.id = now_is.id AND item.status IN ('succeeded', 'failed')
  AND (item.status, item.output, item.failure) IS DISTINCT FROM (now_is.status, now_is.output, now_is.failure)`;
