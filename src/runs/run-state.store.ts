import type { StrategyPlan } from '../../domain/chat/plan.js';
import type { BatchMode } from '../../domain/batches/batch-status.js';
import type { BenchmarkProcedure } from '../../domain/benchmarks/benchmark-procedure.js';
import type { DatasetManifest } from '../../domain/benchmarks/benchmark.js';
import type { Reason } from '../../domain/runs/judge-run.js';
import type { RunBenchmarkStatus, RunStatus } from '../../domain/runs/run-status.js';
import { raisedCaps } from '../budgets/budgets.store.js';
import { safeJson } from '../database/safe-json.js';
import type { Sql } from '../database/sql.js';
import type { RunMetadata, RunSubset } from './run.entity.js';

/** A run as it is written before its workflow starts. */
export interface NewRun {
  id: string;
  caller: string;
  idempotencyKey: string | null;
  bodyHash: string;
  provider: string;
  model: string;
  plan: StrategyPlan;
  mode: BatchMode;
  benchmarks: readonly string[];
  subset: RunSubset;
  epochs: number;
  concurrency: number;
  /** Null: no cap. */
  caps: { nanoUsd: number | null; tokens: number | null };
  judge: { provider: string; model: string } | null;
  config: RunConfig;
  tags: readonly string[];
  metadata: RunMetadata;
  priceSnapshot: Record<string, unknown>;
  codeVersion: string;
  simulated: boolean;
}

/** What a client may set for the calls of a run. */
export interface RunConfig {
  temperature?: number;
  max_tokens?: number;
  system_prompt?: string;
  /** How calls of a Gremium are charged: not at all, so much each, or by the prices of its participants. Missing: by the target's own price. */
  cost?: 'none' | 'participants' | { per_request_usd: number };
}

/** What the work on a run needs to know of it. */
export interface RunAtWork {
  id: string;
  caller: string;
  status: RunStatus;
  provider: string;
  model: string;
  plan: StrategyPlan;
  mode: BatchMode;
  subset: RunSubset;
  epochs: number;
  concurrency: number;
  budgetId: string | null;
  judge: { provider: string; model: string } | null;
  config: RunConfig;
  metadata: RunMetadata;
  simulated: boolean;
  cancelRequested: boolean;
}

/** What a run may be asked for while it goes on; a cancellation has a mark of its own. */
export type Steering = 'pause' | 'resume';

/** A benchmark of a run as it stands. */
export interface RunBenchmarkState {
  benchmark: string;
  status: RunBenchmarkStatus;
  reason: Reason | null;
  sampleCount: number | null;
  batchId: string | null;
}

const final = `('succeeded', 'failed', 'canceled')`;

/** Parts of a statement that set samples without answer back to pending, and their benchmarks; `again` has a row for each sample. */
function retryParts(runId: string): string {
  return `again AS (
  UPDATE run_samples SET status = 'pending', failure = NULL, finished_at = NULL WHERE run_id = ${runId} AND status IN ('error', 'canceled') RETURNING benchmark
), benchmarks AS (
  UPDATE run_benchmarks SET status = 'pending', reason = NULL, batch_id = NULL, finished_at = NULL WHERE run_id = ${runId} AND (status IN ('failed', 'skipped', 'needs_setup') OR benchmark IN (SELECT benchmark FROM again))
)`;
}

/** SQL about the state of runs and of their benchmarks. Every method may be repeated. */
export class RunStateStore {
  constructor(private readonly sql: Sql) {}

  /** Writes a queued run with its benchmarks, and its budget where it has a cap; false where the caller's idempotency key (index `runs_idempotency`) or the id exists. */
  async create(run: NewRun): Promise<boolean> {
    const capped = run.caps.nanoUsd !== null || run.caps.tokens !== null;
    const { rowCount } = await this.sql.query({
      text: `WITH free AS (SELECT WHERE NOT EXISTS (SELECT FROM runs WHERE id = $1 OR (caller = $2 AND idempotency_key = $3))),
             budget AS (INSERT INTO budgets (id, cost_cap_nano_usd, token_cap) SELECT 'run/' || $1, $19::bigint, $20::bigint FROM free WHERE $21 ON CONFLICT DO NOTHING),
             run AS (
               INSERT INTO runs (id, caller, idempotency_key, body_hash, status, provider, model, plan, mode, subset, epochs, concurrency, budget_id, judge, config, tags, metadata, price_snapshot, code_version, simulated)
               SELECT $1, $2, $3, $4, 'queued', $5, $6, $7::jsonb, $8, $9::jsonb, $10::integer, $11::integer, CASE WHEN $21 THEN 'run/' || $1 END, $12::jsonb, $13::jsonb, $14::text[], $15::jsonb, $16::jsonb, $17, $18::boolean
               FROM free ON CONFLICT DO NOTHING RETURNING id
             )
             INSERT INTO run_benchmarks (run_id, benchmark, position, status) SELECT run.id, benchmark, position - 1, 'pending' FROM run, unnest($22::text[]) WITH ORDINALITY AS chosen (benchmark, position)`,
      values: [
        run.id, run.caller, run.idempotencyKey, run.bodyHash, run.provider, run.model, safeJson(run.plan), run.mode, safeJson(run.subset), run.epochs, run.concurrency,
        run.judge === null ? null : safeJson(run.judge), safeJson(run.config), run.tags, safeJson(run.metadata), safeJson(run.priceSnapshot), run.codeVersion, run.simulated,
        run.caps.nanoUsd, run.caps.tokens, capped, run.benchmarks,
      ],
    });
    return rowCount === run.benchmarks.length;
  }

  /** A run; null: there is none. */
  async find(id: string): Promise<RunAtWork | null> {
    const { rows } = await this.sql.query<RunAtWork>({
      name: 'run-at-work',
      text: `SELECT id, caller, status, provider, model, plan, mode, subset, epochs, concurrency, budget_id AS "budgetId", judge, config, metadata, simulated, cancel_requested_at IS NOT NULL AS "cancelRequested" FROM runs WHERE id = $1`,
      values: [id],
    });
    return rows[0] ?? null;
  }

  /** The benchmarks of a run in their order. */
  async benchmarks(id: string): Promise<RunBenchmarkState[]> {
    const { rows } = await this.sql.query<RunBenchmarkState>({
      name: 'run-benchmark-states',
      text: `SELECT benchmark, status, reason, sample_count AS "sampleCount", batch_id AS "batchId" FROM run_benchmarks WHERE run_id = $1 ORDER BY position`,
      values: [id],
    });
    return rows;
  }

  /** What whoever works on samples must know: whether to stop. */
  async look(id: string): Promise<'cancel' | 'pause' | null> {
    const { rows } = await this.sql.query<{ status: RunStatus; canceled: boolean }>({ name: 'run-look', text: 'SELECT status, cancel_requested_at IS NOT NULL AS canceled FROM runs WHERE id = $1', values: [id] });
    const row = rows[0];
    if (!row || row.canceled || row.status === 'canceled') return 'cancel';
    return row.status === 'paused' ? 'pause' : null;
  }

  /** Runs that are not over, created between `olderThanMs` ago and `after`, oldest first (index `runs_active`): their workflows should run. */
  async active(after: Date, olderThanMs: number, limit: number): Promise<{ id: string; createdAt: Date }[]> {
    const { rows } = await this.sql.query<{ id: string; createdAt: Date }>({
      text: `SELECT id, created_at AS "createdAt" FROM runs WHERE status NOT IN ${final} AND created_at > $1 AND created_at < now() - $2 * interval '1 millisecond' ORDER BY created_at LIMIT $3`,
      values: [after, olderThanMs, limit],
    });
    return rows;
  }

  /** Notes that the run is to be canceled, so that no further call begins; false where it is over. */
  async requestCancel(id: string): Promise<boolean> {
    const { rowCount } = await this.sql.query({ text: `UPDATE runs SET cancel_requested_at = coalesce(cancel_requested_at, now()) WHERE id = $1 AND status NOT IN ${final}`, values: [id] });
    return rowCount === 1;
  }

  /**
   * Notes what the run is asked for until its workflow has heard it, so that it arrives whoever dies before, and raises its caps in the same statement (missing: as they are); false where it is over or
   * to be canceled.
   */
  async ask(id: string, steering: Steering, caps: { nanoUsd?: number; tokens?: number } = {}): Promise<boolean> {
    const { rows } = await this.sql.query({
      text: `WITH asked AS (UPDATE runs SET steering = $2 WHERE id = $1 AND status NOT IN ${final} AND cancel_requested_at IS NULL RETURNING budget_id),
             raised AS (UPDATE budgets SET ${raisedCaps('$3', '$4')} FROM asked WHERE budgets.id = asked.budget_id)
             SELECT FROM asked`,
      values: [id, steering, caps.nanoUsd ?? null, caps.tokens ?? null],
    });
    return rows.length === 1;
  }

  /** Its workflow has heard of it; what the run was asked for since stays. */
  async heard(id: string, steering: Steering): Promise<void> {
    await this.sql.query({ text: 'UPDATE runs SET steering = NULL WHERE id = $1 AND steering = $2', values: [id, steering] });
  }

  /** What the run was asked for and its workflow may not have heard of; null: nothing, or it is over. */
  async unheard(id: string): Promise<'cancel' | Steering | null> {
    const { rows } = await this.sql.query<{ wish: 'cancel' | Steering | null }>({
      text: `SELECT CASE WHEN cancel_requested_at IS NULL THEN steering ELSE 'cancel' END AS wish FROM runs WHERE id = $1 AND status NOT IN ${final}`,
      values: [id],
    });
    return rows[0]?.wish ?? null;
  }

  /** Opens a run that is over once more: what was canceled, failed or never asked is pending again, done samples stay. Its workflow has to be started after it. False: it is not over. */
  async reopen(id: string): Promise<boolean> {
    const { rowCount } = await this.sql.query({
      text: `WITH opened AS (UPDATE runs SET status = 'queued', reason = NULL, cancel_requested_at = NULL, steering = NULL, finished_at = NULL WHERE id = $1 AND status IN ${final} RETURNING id), ${retryParts('(SELECT id FROM opened)')} SELECT FROM opened`,
      values: [id],
    });
    return rowCount === 1;
  }

  /** Sets samples in error, and canceled ones, back to pending, and their benchmarks too; returns how many. */
  async retry(id: string): Promise<number> {
    const { rows } = await this.sql.query<{ count: number }>({ text: `WITH ${retryParts('$1')} SELECT count(*)::integer AS count FROM again`, values: [id] });
    return rows[0]?.count ?? 0;
  }

  /** Begins a run, with facts that are known now; what is over or canceled stays. */
  async begin(id: string, metadata: RunMetadata): Promise<void> {
    await this.sql.query({
      text: `UPDATE runs SET status = 'running', reason = NULL, started_at = coalesce(started_at, now()), finished_at = NULL, metadata = metadata || $2::jsonb, simulated = simulated OR coalesce(($2::jsonb -> 'gremium_simulated')::boolean, false) WHERE id = $1 AND status <> 'canceled'`,
      values: [id, safeJson(metadata)],
    });
  }

  /** Notes that this version of the code works on the run, where it is another one than the run was begun with. */
  async noteCode(id: string, version: string): Promise<void> {
    await this.sql.query({
      text: `UPDATE runs SET metadata = metadata || jsonb_build_object('later_code_versions', coalesce(metadata->'later_code_versions', '[]') || to_jsonb($2::text))
             WHERE id = $1 AND code_version <> $2 AND NOT coalesce(metadata->'later_code_versions', '[]') @> to_jsonb($2::text)`,
      values: [id, version],
    });
  }

  /** Notes a pause or its end; a run that is over keeps its status. */
  async setStatus(id: string, status: 'running' | 'paused', reason: Reason | null): Promise<void> {
    await this.sql.query({ text: `UPDATE runs SET status = $2, reason = $3::jsonb WHERE id = $1 AND status NOT IN ${final}`, values: [id, status, reason === null ? null : safeJson(reason)] });
  }

  /** Ends a run. Canceled is terminal: a run whose cancellation was asked for ends so, whatever else became of it. Returns how it ended. */
  async finish(id: string, end: { status: 'succeeded' | 'failed' | 'canceled'; reason: Reason | null; metadata: RunMetadata }): Promise<'succeeded' | 'failed' | 'canceled'> {
    const { rows } = await this.sql.query<{ status: 'succeeded' | 'failed' | 'canceled' }>({
      text: `UPDATE runs SET status = CASE WHEN cancel_requested_at IS NOT NULL OR status = 'canceled' THEN 'canceled' ELSE $2 END,
               reason = CASE WHEN cancel_requested_at IS NOT NULL OR status = 'canceled' THEN NULL ELSE $3::jsonb END,
               metadata = metadata || $4::jsonb, finished_at = coalesce(finished_at, now())
             WHERE id = $1 RETURNING status`,
      values: [id, end.status, end.reason === null ? null : safeJson(end.reason), safeJson(end.metadata)],
    });
    return rows[0]?.status ?? end.status;
  }

  /** After a run was canceled: samples without outcome are so too, benchmarks that never began are skipped. */
  async settleCanceled(id: string): Promise<void> {
    await this.sql.query({
      text: `WITH samples AS (UPDATE run_samples SET status = 'canceled', finished_at = now() WHERE run_id = $1 AND status = 'pending')
             UPDATE run_benchmarks SET status = CASE WHEN status = 'pending' THEN 'skipped' ELSE 'failed' END, finished_at = now(),
               reason = jsonb_build_object('code', 'canceled', 'message', CASE WHEN status = 'pending' THEN 'The run was canceled before this benchmark began.' ELSE 'The run was canceled while this benchmark was under way.' END)
             WHERE run_id = $1 AND status IN ('pending', 'running')`,
      values: [id],
    });
  }

  /** After a run failed as a whole: benchmarks that never began are skipped. */
  async skipPending(id: string, reason: Reason): Promise<void> {
    await this.sql.query({ text: `UPDATE run_benchmarks SET status = 'skipped', reason = $2::jsonb, finished_at = now() WHERE run_id = $1 AND status IN ('pending', 'running')`, values: [id, safeJson(reason)] });
  }

  /** Begins a benchmark. */
  async beginBenchmark(runId: string, benchmark: string): Promise<void> {
    await this.sql.query({
      text: `UPDATE run_benchmarks SET status = 'running', reason = NULL, started_at = coalesce(started_at, now()), finished_at = NULL WHERE run_id = $1 AND benchmark = $2`,
      values: [runId, benchmark],
    });
  }

  /** Tells how the data of a benchmark come along; nothing once its samples are written. */
  async tellLoading(runId: string, benchmark: string, reason: Reason): Promise<void> {
    await this.sql.query({
      text: `UPDATE run_benchmarks SET reason = $3::jsonb WHERE run_id = $1 AND benchmark = $2 AND status = 'running' AND sample_count IS NULL`,
      values: [runId, benchmark, safeJson(reason)],
    });
  }

  /** Notes that all samples of a benchmark are written, and what they were made of. */
  async loaded(runId: string, benchmark: string, facts: { samples: number; manifest: DatasetManifest; promptHash: string; scorerVersion: string; procedure: BenchmarkProcedure }): Promise<void> {
    await this.sql.query({
      text: `UPDATE run_benchmarks SET sample_count = $3, reason = NULL, manifest = $4::jsonb, prompt_hash = $5, scorer_version = $6, procedure = $7::jsonb WHERE run_id = $1 AND benchmark = $2`,
      values: [runId, benchmark, facts.samples, safeJson(facts.manifest), facts.promptHash, facts.scorerVersion, safeJson(facts.procedure)],
    });
  }

  /** Ends a benchmark. */
  async endBenchmark(runId: string, benchmark: string, status: RunBenchmarkStatus, reason: Reason | null): Promise<void> {
    await this.sql.query({
      text: `UPDATE run_benchmarks SET status = $3, reason = $4::jsonb, finished_at = now() WHERE run_id = $1 AND benchmark = $2`,
      values: [runId, benchmark, status, reason === null ? null : safeJson(reason)],
    });
  }

  /** Makes room for the next batch of a benchmark, after one that is over and scored. */
  async leaveBatch(runId: string, benchmark: string, batchId: string): Promise<void> {
    await this.sql.query({ text: 'UPDATE run_benchmarks SET batch_id = NULL WHERE run_id = $1 AND benchmark = $2 AND batch_id = $3', values: [runId, benchmark, batchId] });
  }

  /** Names the batch that answers a benchmark, once; returns the one that counts. */
  async claimBatch(runId: string, benchmark: string, batchId: string): Promise<string> {
    const { rows } = await this.sql.query<{ batchId: string }>({
      text: `UPDATE run_benchmarks SET batch_id = coalesce(batch_id, $3) WHERE run_id = $1 AND benchmark = $2 RETURNING batch_id AS "batchId"`,
      values: [runId, benchmark, batchId],
    });
    return rows[0]?.batchId ?? batchId;
  }
}
