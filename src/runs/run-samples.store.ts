import type { BenchmarkItem, Verdict } from '../../domain/benchmarks/benchmark.js';
import type { ChatRequest, Usage } from '../../domain/chat/chat-request.js';
import type { Decision } from '../../domain/chat/decision.js';
import type { CallFailure } from '../../domain/failures/failure-code.js';
import type { SampleCounts } from '../../domain/runs/judge-run.js';
import type { TokenChange } from '../../domain/runs/token-policy.js';
import { safeJson } from '../database/safe-json.js';
import type { Sql } from '../database/sql.js';
import { insertManyCalls, manyCallsParameters, manyCallsValues, type CallRecord } from '../traces/calls.store.js';

/** A sample as it is written before anything is asked. */
export interface NewSample {
  id: string;
  ordinal: number;
  epoch: number;
  item: BenchmarkItem;
  order: number[] | null;
  expected: string;
  request: ChatRequest;
}

/** A sample that waits for its answer. */
export interface PendingSample {
  id: string;
  ordinal: number;
  itemId: string;
  epoch: number;
  item: BenchmarkItem;
  order: number[] | null;
  expected: string;
  request: ChatRequest;
  attempt: number;
}

/** What became of a sample; fields that do not apply are null. */
export interface SampleResult {
  id: string;
  status: 'done' | 'error';
  answer: string | null;
  finishReason: string | null;
  decision: Decision | null;
  verdict: Verdict | null;
  score: number | null;
  extracted: string | null;
  also: Record<string, Verdict> | null;
  scorerVersion: string | null;
  latencyMs: number | null;
  tokenChanges: TokenChange[] | null;
  failure: CallFailure | null;
  batchItemId: string | null;
}

/** A recorded success of a sample's call. */
export interface RecordedAnswer {
  text: string;
  finishReason: string;
  usage: Pick<Usage, 'outputTokens'>;
  latencyMs: number;
}

const pendingColumns = 'id, ordinal, item_id AS "itemId", epoch, item, "order", expected, request, attempt';

/** SQL about the samples of runs while they are answered. Every method may be repeated; a sample that has an outcome keeps it. */
export class RunSamplesStore {
  constructor(private readonly sql: Sql) {}

  /** Writes a group of pending samples; what is there already stays (indexes `run_samples_once`, `run_samples_order`). */
  async insert(runId: string, benchmark: string, samples: readonly NewSample[]): Promise<void> {
    await this.sql.query({
      text: `INSERT INTO run_samples (id, run_id, benchmark, ordinal, item_id, epoch, item, "order", expected, request, status)
             SELECT id, $1, $2, ordinal, item_id, epoch, item::jsonb, sample_order::jsonb, expected, request::jsonb, 'pending'
             FROM unnest($3::text[], $4::integer[], $5::text[], $6::integer[], $7::text[], $8::text[], $9::text[], $10::text[]) AS sample (id, ordinal, item_id, epoch, item, sample_order, expected, request)
             ON CONFLICT DO NOTHING`,
      values: [
        runId, benchmark, samples.map(({ id }) => id), samples.map(({ ordinal }) => ordinal), samples.map(({ item }) => item.id), samples.map(({ epoch }) => epoch), samples.map(({ item }) => safeJson(item)),
        samples.map(({ order }) => (order === null ? null : JSON.stringify(order))), samples.map(({ expected }) => expected), samples.map(({ request }) => safeJson(request)),
      ],
    });
  }

  /** The next chunk of pending samples from an ordinal on: `from` inclusive, `to` exclusive; null: none is left (index `run_samples_pending`). */
  async nextChunk(runId: string, benchmark: string, from: number, size: number): Promise<{ from: number; to: number } | null> {
    const { rows } = await this.sql.query<{ from: number | null; to: number }>({
      text: `SELECT min(ordinal) AS "from", max(ordinal) + 1 AS "to" FROM (SELECT ordinal FROM run_samples WHERE run_id = $1 AND benchmark = $2 AND ordinal >= $3 AND status = 'pending' ORDER BY ordinal LIMIT $4) AS pending`,
      values: [runId, benchmark, from, size],
    });
    const row = rows[0];
    return row?.from == null ? null : { from: row.from, to: row.to };
  }

  /** Pending samples of a part, in order, as many as asked for (index `run_samples_pending`). */
  async pending(runId: string, benchmark: string, part: { from: number; to: number; limit: number }): Promise<PendingSample[]> {
    const { rows } = await this.sql.query<PendingSample>({
      text: `SELECT ${pendingColumns} FROM run_samples WHERE run_id = $1 AND benchmark = $2 AND ordinal >= $3 AND ordinal < $4 AND status = 'pending' ORDER BY ordinal LIMIT $5`,
      values: [runId, benchmark, part.from, part.to, part.limit],
    });
    return rows;
  }

  /** Which samples of a part are pending, without their texts. */
  async pendingHeads(runId: string, benchmark: string, part: { from: number; to: number }): Promise<Pick<PendingSample, 'id' | 'ordinal' | 'itemId' | 'epoch'>[]> {
    const { rows } = await this.sql.query<Pick<PendingSample, 'id' | 'ordinal' | 'itemId' | 'epoch'>>({
      text: `SELECT id, ordinal, item_id AS "itemId", epoch FROM run_samples WHERE run_id = $1 AND benchmark = $2 AND ordinal >= $3 AND ordinal < $4 AND status = 'pending' ORDER BY ordinal`,
      values: [runId, benchmark, part.from, part.to],
    });
    return rows;
  }

  /** A sample with what its scorer needs, pending or not; null: there is none. */
  async find(id: string): Promise<PendingSample | null> {
    const { rows } = await this.sql.query<PendingSample>({ text: `SELECT ${pendingColumns} FROM run_samples WHERE id = $1`, values: [id] });
    return rows[0] ?? null;
  }

  /** Samples by their ids, pending or not. */
  async findMany(ids: readonly string[]): Promise<Map<string, PendingSample>> {
    const { rows } = await this.sql.query<PendingSample>({ text: `SELECT ${pendingColumns} FROM run_samples WHERE id = ANY($1)`, values: [ids] });
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Recorded successes of samples by id and key (index `calls_paid_once`). */
  async recorded(ids: readonly string[]): Promise<Map<string, Map<string, RecordedAnswer>>> {
    const { rows } = await this.sql.query<{ id: string; key: string; text: string | null; finishReason: string | null; outputTokens: number | null; latencyMs: number }>({
      text: `SELECT completion_id AS id, key, text, finish_reason AS "finishReason", output_tokens AS "outputTokens", (extract(epoch FROM ended_at - started_at) * 1000)::integer AS "latencyMs"
             FROM calls WHERE completion_id = ANY($1) AND outcome = 'succeeded'`,
      values: [ids],
    });
    const found = new Map<string, Map<string, RecordedAnswer>>();
    for (const { id, key, text, finishReason, outputTokens, latencyMs } of rows) {
      const ofSample = found.get(id) ?? new Map<string, RecordedAnswer>();
      ofSample.set(key, { text: text ?? '', finishReason: finishReason ?? 'stop', usage: { outputTokens: outputTokens ?? 0 }, latencyMs });
      found.set(id, ofSample);
    }
    return found;
  }

  /**
   * Enters attempts into the ledger and gives samples their outcomes, in one statement: neither exists without the other. A second success of a call changes nothing, and a sample that has an outcome keeps
   * it. With `wantIds` the rows that were entered.
   */
  async write(records: readonly CallRecord[], results: readonly SampleResult[], wantIds: boolean): Promise<{ id: string; completionId: string; key: string; attempt: number }[]> {
    if (records.length === 0) {
      await this.finish(results);
      return [];
    }
    const calls = manyCallsValues(records);
    const { rows } = await this.sql.query<{ id: string; completionId: string; key: string; attempt: number }>({
      name: wantIds ? 'run-write-told' : 'run-write',
      text: `WITH entered AS (${insertManyCalls} RETURNING id, completion_id AS "completionId", key, attempt), finished AS (${finishText(manyCallsParameters)} RETURNING 1)
             SELECT ${wantIds ? '* FROM entered' : '1 WHERE false'}`,
      values: [...calls, ...finishValues(results)],
    });
    return rows;
  }

  /** Gives samples their outcomes. */
  async finish(results: readonly SampleResult[]): Promise<void> {
    if (results.length === 0) return;
    await this.sql.query({ text: finishText(0), values: finishValues(results) });
  }

  /** How the samples of a benchmark stand. */
  async counts(runId: string, benchmark: string | null = null): Promise<SampleCounts> {
    const { rows } = await this.sql.query<SampleCounts>({
      text: `SELECT count(*)::integer AS samples, count(*) FILTER (WHERE status = 'done')::integer AS done, count(*) FILTER (WHERE status = 'error')::integer AS errors
             FROM run_samples WHERE run_id = $1 AND ($2::text IS NULL OR benchmark = $2)`,
      values: [runId, benchmark],
    });
    return rows[0] ?? { samples: 0, done: 0, errors: 0 };
  }

  /** Samples of a benchmark that are pending, in order, with nothing but what a batch asks, read page by page. */
  async *pendingRequests(runId: string, benchmark: string): AsyncGenerator<Pick<PendingSample, 'id' | 'itemId' | 'epoch' | 'request'>> {
    const limit = 200;
    for (let from = 0; ;) {
      const page = await this.pending(runId, benchmark, { from, to: 2 ** 31 - 1, limit });
      yield* page;
      const last = page.at(-1);
      if (!last || page.length < limit) return;
      from = last.ordinal + 1;
    }
  }
}

const finishColumns: [column: keyof SampleResult, name: string, type: string][] = [
  ['id', 'id', 'text'],
  ['status', 'status', 'text'],
  ['answer', 'answer', 'text'],
  ['finishReason', 'finish_reason', 'text'],
  ['decision', 'decision', 'jsonb'],
  ['verdict', 'verdict', 'text'],
  ['score', 'score', 'double precision'],
  ['extracted', 'extracted', 'text'],
  ['also', 'also', 'jsonb'],
  ['scorerVersion', 'scorer_version', 'text'],
  ['latencyMs', 'latency_ms', 'integer'],
  ['tokenChanges', 'token_changes', 'jsonb'],
  ['failure', 'failure', 'jsonb'],
  ['batchItemId', 'batch_item_id', 'text'],
];

/** Gives outcomes; its parameters begin after the first `before` ones. */
function finishText(before: number): string {
  const names = finishColumns.map(([, name]) => name);
  const changes = names.filter((name) => name !== 'id').map((name) => `${name} = result.${name}`);
  return `UPDATE run_samples SET ${changes.join(', ')}, attempt = run_samples.attempt + 1, finished_at = now()
FROM unnest(${finishColumns.map(([, , type], index) => `$${String(before + index + 1)}::${type}[]`).join(', ')}) AS result (${names.join(', ')})
WHERE run_samples.id = result.id AND run_samples.status = 'pending'`;
}

function finishValues(results: readonly SampleResult[]): unknown[] {
  return finishColumns.map(([column, , type]) => results.map((result) => (type === 'jsonb' && result[column] !== null ? safeJson(result[column]) : result[column])));
}
