import { Inject, Injectable } from '@nestjs/common';
import pg from 'pg';
import type { BenchmarkProcedure } from '../../domain/benchmarks/benchmark-procedure.js';
import type { RunDocument, RunDocumentSample } from '../../domain/exports/run-document.js';
import { inTransaction } from '../database/in-transaction.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import { safeJson } from '../database/safe-json.js';
import type { Sql } from '../database/sql.js';
import { badRequest } from '../http/api-error.js';

/** Samples written in one statement. */
const groupSize = 500;

/** Where an imported run came from. */
export interface ImportOrigin {
  key_fingerprint: string;
  exported_at: string;
  imported_at: string;
}

/** Writes verified exports of other installations as runs of this one. */
@Injectable()
export class ImportRunStore {
  constructor(@Inject(POSTGRES_POOL) private readonly pool: pg.Pool) {}

  /** Writes the run with its id and samples in one transaction; a 400 for what no run here can be; false where a run of that id exists. Its sums of calls become one ledger row a sample, under the key `imported`. */
  async write(given: RunDocument, caller: string, origin: ImportOrigin): Promise<boolean> {
    // Texts of columns of their own too.
    const document: RunDocument = { ...given, run: JSON.parse(safeJson(given.run)) as RunDocument['run'], benchmarks: given.benchmarks.map(({ samples, ...block }) => ({ ...(JSON.parse(safeJson(block)) as typeof block), samples })) };
    try {
      return await inTransaction(this.pool, async (tx) => {
        const isNew = await writeRun(tx, document, caller, origin);
        if (isNew) for (const [position, benchmark] of document.benchmarks.entries()) await writeBenchmark(tx, document, benchmark, position);
        return isNew;
      });
    } catch (error) {
      throw unstorable(error) ?? error;
    }
  }
}

// Classes 22 and 23: values no column takes, and rows that contradict each other. All of them are the document's.
function unstorable(error: unknown): Error | null {
  return error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? '') ? badRequest('file', `The run can't be stored: ${error.message}.`) : null;
}

async function writeRun(tx: Sql, { run }: RunDocument, caller: string, origin: ImportOrigin): Promise<boolean> {
  const plan = typeof run.plan === 'object' ? run.plan : {};
  const { rowCount } = await tx.query({
    text: `INSERT INTO runs (id, caller, body_hash, status, reason, provider, model, plan, mode, subset, epochs, concurrency, judge, config, tags, metadata, price_snapshot, code_version, simulated, created_at, started_at, finished_at)
     VALUES ($1, $2, '', $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) ON CONFLICT (id) DO NOTHING`,
    values: [
      run.id, caller, run.status, json(run.reason), run.provider, run.model, json({ ...plan, strategy: run.strategy, panel: run.panel }), run.mode, json({ seed: run.subset.seed, percent: run.subset.percent, count: run.subset.count }), run.epochs, json(run.judge),
      json(run.config), run.tags, json({ ...run.metadata, imported: origin }), json(run.price_snapshot), run.code_version, run.simulated, run.created_at, run.started_at, run.finished_at,
    ],
  });
  return rowCount === 1;
}

async function writeBenchmark(tx: Sql, { run }: RunDocument, benchmark: RunDocument['benchmarks'][number], position: number): Promise<void> {
  const procedure: BenchmarkProcedure = { display_name: benchmark.display_name, badge: benchmark.badge, differences: benchmark.differences, metric: benchmark.metric };
  await tx.query({
    text: 'INSERT INTO run_benchmarks (run_id, benchmark, position, status, reason, sample_count, scorer_version, manifest, prompt_hash, procedure) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)',
    values: [run.id, benchmark.name, position, benchmark.status, json(benchmark.reason), benchmark.samples.length, benchmark.scorer_version, json(benchmark.dataset), benchmark.prompt_hash, json(procedure)],
  });
  for (let from = 0; from < benchmark.samples.length; from += groupSize) {
    const rows = benchmark.samples.slice(from, from + groupSize).map((sample) => sampleRow(sample, run.id, benchmark.name));
    await tx.query({
      text: `INSERT INTO run_samples (id, run_id, benchmark, ordinal, item_id, epoch, item, "order", expected, request, status, answer, finish_reason, decision, verdict, score, extracted, also, scorer_version, latency_ms, token_changes, failure, attempt, finished_at)
       SELECT id, $2, $3, ordinal, item_id, epoch, item, choice_order, expected, request, status, answer, finish_reason, decision, verdict, score, extracted, also, scorer_version, latency_ms, token_changes, failure, 1, finished_at
       FROM jsonb_to_recordset($1) AS sample(id text, ordinal integer, item_id text, epoch integer, item jsonb, choice_order jsonb, expected text, request jsonb, status text, answer text, finish_reason text, decision jsonb,
         verdict text, score float8, extracted text, also jsonb, scorer_version text, latency_ms integer, token_changes jsonb, failure jsonb, finished_at timestamptz)`,
      values: [json(rows), run.id, benchmark.name],
    });
    await tx.query({
      text: `INSERT INTO calls (completion_id, key, stage, member_index, attempt, provider, model, request_hash, input_tokens, output_tokens, cost_nano_usd, started_at, ended_at, outcome, group_id, mode)
       SELECT id, 'imported', 'answer', 0, 1, $2, $3, '', input_tokens, output_tokens, cost_nano_usd, coalesce(finished_at, now()), coalesce(finished_at, now()), 'succeeded', $4, $5
       FROM jsonb_to_recordset($1) AS sample(id text, calls integer, input_tokens integer, output_tokens integer, cost_nano_usd bigint, finished_at timestamptz) WHERE calls > 0`,
      values: [json(rows), run.provider, run.model, run.id, run.mode],
    });
  }
}

function sampleRow(sample: RunDocumentSample, runId: string, benchmark: string): Record<string, unknown> {
  const item = { id: sample.item_id, question: '', choices: [], target: sample.expected, category: sample.category };
  return { ...sample, id: `${runId}.${benchmark}.${String(sample.ordinal)}`, item, request: { messages: sample.messages, sampling: sample.parameters } };
}

function json(value: unknown): string | null {
  return value === null || value === undefined ? null : safeJson(value);
}
