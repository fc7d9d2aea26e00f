import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { isFinal, type BatchMode, type BatchStatus } from '../../domain/batches/batch-status.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import type { RunStatus } from '../../domain/runs/run-status.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import { inTransaction } from '../database/in-transaction.js';
import type { Sql } from '../database/sql.js';
import { ApiError } from '../http/api-error.js';
import { batchesOfRun } from './batches-of-run.js';
import type { RunListQuery } from './run-queries.dto.js';
import type { RunMetadata, RunSubset } from './run.entity.js';

/** A run's own row, with the benchmarks it names and its caps. */
export interface RunRow {
  id: string;
  caller: string;
  bodyHash: string;
  status: RunStatus;
  reason: { code: string; message: string } | null;
  provider: string;
  model: string;
  plan: StrategyPlan;
  mode: BatchMode;
  subset: RunSubset;
  epochs: number;
  concurrency: number;
  budgetId: string | null;
  judge: { provider: string; model: string } | null;
  config: Record<string, unknown>;
  tags: string[];
  metadata: RunMetadata;
  codeVersion: string;
  simulated: boolean;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  cancelRequestedAt: Date | null;
  benchmarks: string[];
  costCapNanoUsd: number | null;
  tokenCap: number | null;
}

type RawRow = Omit<RunRow, 'costCapNanoUsd' | 'tokenCap'> & { costCap: string | null; tokenCap: string | null };

const columns = `run.id, run.caller, run.body_hash AS "bodyHash", run.status, run.reason, run.provider, run.model, run.plan, run.mode, run.subset, run.epochs, run.concurrency, run.budget_id AS "budgetId", run.judge,
  run.config, run.tags, run.metadata, run.code_version AS "codeVersion", run.simulated, run.created_at AS "createdAt", run.started_at AS "startedAt", run.finished_at AS "finishedAt",
  run.cancel_requested_at AS "cancelRequestedAt", budget.cost_cap_nano_usd AS "costCap", budget.token_cap AS "tokenCap",
  coalesce((SELECT array_agg(benchmark ORDER BY position) FROM run_benchmarks WHERE run_id = run.id), '{}') AS benchmarks`;
const tables = 'runs run LEFT JOIN budgets budget ON budget.id = run.budget_id';

/** SQL about runs as the api asks it. */
@Injectable()
export class RunsStore {
  private readonly sql: Sql;

  constructor(@Inject(POSTGRES_POOL) private readonly pool: pg.Pool) {
    this.sql = pool;
  }

  /** A run; null where there is none, or (with `caller`) none of that caller. */
  async find(id: string, caller: string | null = null): Promise<RunRow | null> {
    return this.one({ name: 'run-find', text: `SELECT ${columns} FROM ${tables} WHERE run.id = $1 AND ($2::text IS NULL OR run.caller = $2)`, values: [id, caller] });
  }

  /** The caller's run of this idempotency key (index `runs_idempotency`), or null. */
  async findByKey(caller: string, key: string): Promise<RunRow | null> {
    return this.one({ name: 'run-by-key', text: `SELECT ${columns} FROM ${tables} WHERE run.caller = $1 AND run.idempotency_key = $2`, values: [caller, key] });
  }

  /** The caller's newest run of the same body younger than `youngerThanMs` that was not canceled, or null (index `runs_caller_created`). */
  async findRepeated(caller: string, bodyHash: string, youngerThanMs: number): Promise<RunRow | null> {
    return this.one({
      name: 'run-repeated',
      text: `SELECT ${columns} FROM ${tables} WHERE run.caller = $1 AND run.body_hash = $2 AND run.status <> 'canceled' AND run.created_at > now() - $3 * interval '1 millisecond' ORDER BY run.created_at DESC LIMIT 1`,
      values: [caller, bodyHash, youngerThanMs],
    });
  }

  /** The caller's runs, newest first (index `runs_caller_created`). */
  async list(caller: string, query: RunListQuery, limit: number): Promise<RunRow[]> {
    const { rows } = await this.sql.query<RawRow>({
      text: `SELECT ${columns} FROM ${tables}
             WHERE run.caller = $1 AND ($2::text IS NULL OR run.status = $2) AND ($3::text IS NULL OR position(lower($3) IN lower(run.model)) > 0) AND ($4::text IS NULL OR run.provider = $4)
               AND ($5::text IS NULL OR EXISTS (SELECT FROM run_benchmarks WHERE run_id = run.id AND benchmark = $5)) AND ($6::text IS NULL OR $6 = ANY(run.tags))
               AND ($7::text IS NULL OR (run.created_at, run.id) < (SELECT created_at, id FROM runs WHERE id = $7))
             ORDER BY run.created_at DESC, run.id DESC LIMIT $8`,
      values: [caller, query.status ?? null, query.model ?? null, query.provider ?? null, query.benchmark ?? null, query.tag ?? null, query.before ?? null, limit],
    });
    return rows.map(rowOf);
  }

  /** Removes a run that is over with its samples, its calls, its budget, and the batches that answered it with all that is theirs; false: it is not over. Throws a 409 while one of its batches is not. */
  async remove(id: string): Promise<boolean> {
    return inTransaction(this.pool, async (tx) => {
      const { rows: batches } = await tx.query<{ id: string; status: BatchStatus; budget: string | null; files: string[] }>({
        text: `SELECT batch.id, batch.status, batch.budget_id AS budget, array_remove(ARRAY[batch.input_file_id, batch.output_file_id, batch.error_file_id], NULL) AS files FROM runs run, ${batchesOfRun} WHERE run.id = $1`,
        values: [id],
      });
      const busy = batches.find(({ status }) => !isFinal(status));
      if (busy) throw new ApiError({ status: 409, code: 'conflict', message: `Batch '${busy.id}' of run '${id}' is still ${busy.status}. Delete the run when the batch is over.` });
      const { rows } = await tx.query<{ budget: string | null }>({ text: `DELETE FROM runs WHERE id = $1 AND status IN ('succeeded', 'failed', 'canceled') RETURNING budget_id AS budget`, values: [id] });
      if (rows.length === 0) return false;
      const ids = batches.map((batch) => batch.id);
      await tx.query({ text: 'DELETE FROM batches WHERE id = ANY($1)', values: [ids] });
      await tx.query({ text: 'DELETE FROM calls WHERE group_id = ANY($1)', values: [[id, ...ids]] });
      await tx.query({ text: 'DELETE FROM files WHERE id = ANY($1) AND NOT EXISTS (SELECT FROM batches WHERE input_file_id = files.id)', values: [batches.flatMap(({ files }) => files)] });
      await tx.query({ text: 'DELETE FROM budgets WHERE id = ANY($1)', values: [[...rows, ...batches].flatMap(({ budget }) => budget ?? [])] });
      return true;
    });
  }

  /** Fails a run that nobody carries out any more. */
  async fail(id: string, message: string): Promise<void> {
    await this.sql.query({
      text: `UPDATE runs SET status = CASE WHEN cancel_requested_at IS NULL THEN 'failed' ELSE 'canceled' END, reason = $2::jsonb, finished_at = now() WHERE id = $1 AND status NOT IN ('succeeded', 'failed', 'canceled')`,
      values: [id, JSON.stringify({ code: 'internal', message })],
    });
  }

  private async one(statement: { name: string; text: string; values: unknown[] }): Promise<RunRow | null> {
    const { rows } = await this.sql.query<RawRow>(statement);
    return rows[0] ? rowOf(rows[0]) : null;
  }
}

function rowOf({ costCap, tokenCap, ...row }: RawRow): RunRow {
  return { ...row, costCapNanoUsd: costCap === null ? null : Number(costCap), tokenCap: tokenCap === null ? null : Number(tokenCap) };
}
