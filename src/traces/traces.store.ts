import { Inject, Injectable } from '@nestjs/common';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import { callColumns, type CallRow } from './call-row.js';
import { mayBeCharged } from './may-be-charged.js';
import type { CompletionRow, CompletionTraceRow } from './completion-row.js';
import type { CallFilter, CompletionFilter } from './trace-filters.dto.js';

// Sums over the ledger, not the completion's own columns: they are true while it runs, and know calls that ended after it.
const completionColumns = `
  completion.id, completion.status, completion.caller, completion.endpoint, completion.model, completion.strategy, completion.panel, completion.stream,
  completion.simulated, completion.created_at, completion.deadline_at, completion.finished_at, completion.degraded,
  (completion.decision ->> 'agreement')::float8 AS agreement, completion.failure ->> 'code' AS failure_code,
  sums.calls, sums.failed_calls, sums.input_tokens, sums.output_tokens, sums.cached_input_tokens, sums.reasoning_tokens, sums.cost_nano_usd, sums.cost_known`;

const ledgerSums = `
  LEFT JOIN LATERAL (
    SELECT count(*) AS calls, count(*) FILTER (WHERE call.outcome = 'failed') AS failed_calls,
      coalesce(sum(call.input_tokens), 0) AS input_tokens, coalesce(sum(call.output_tokens), 0) AS output_tokens,
      coalesce(sum(call.cached_input_tokens), 0) AS cached_input_tokens, coalesce(sum(call.reasoning_tokens), 0) AS reasoning_tokens,
      coalesce(sum(call.cost_nano_usd), 0) AS cost_nano_usd,
      coalesce(bool_and(call.cost_nano_usd IS NOT NULL) FILTER (WHERE ${mayBeCharged('call')}), true) AS cost_known
    FROM calls call WHERE call.completion_id = completion.id AND call.stage <> 'tool') sums ON true`;

/** Reads completions and the ledger for whoever looks at them later. `caller` null means everybody's: for the CLI, which has the database anyway. */
@Injectable()
export class TracesStore {
  constructor(@Inject(POSTGRES_POOL) private readonly sql: Sql) {}

  /** One page of completions, newest first; index `completions_caller_created`, or `completions_created` without a caller. */
  async completions(caller: string | null, filter: CompletionFilter): Promise<CompletionRow[]> {
    const where = new Conditions();
    if (caller !== null) where.add('completion.caller = ?', caller);
    if (filter.status) where.add('completion.status = ?', filter.status);
    if (filter.strategy) where.add('completion.strategy = ?', filter.strategy);
    if (filter.model) where.add('completion.model = ?', filter.model);
    if (filter.cursor) where.add('(completion.created_at, completion.id) < (SELECT created_at, id FROM completions WHERE id = ?)', filter.cursor);
    const text = `
      SELECT ${completionColumns}
      FROM (SELECT * FROM completions completion ${where.text} ORDER BY completion.created_at DESC, completion.id DESC LIMIT ${where.value(filter.limit)}) completion
      ${ledgerSums} ORDER BY completion.created_at DESC, completion.id DESC`;
    return (await this.sql.query<CompletionRow>({ text, values: where.values })).rows;
  }

  /** A completion with plan, request and decision; null where there is none of this caller. */
  async completion(id: string, caller: string | null): Promise<CompletionTraceRow | null> {
    const text = `
      SELECT ${completionColumns}, completion.plan, completion.request, completion.decision, completion.failure
      FROM completions completion ${ledgerSums} WHERE completion.id = $1 AND ($2::text IS NULL OR completion.caller = $2)`;
    return (await this.sql.query<CompletionTraceRow>({ name: 'trace-completion', text, values: [id, caller] })).rows[0] ?? null;
  }

  /** Status of a completion; null where there is none of this caller. */
  async status(id: string, caller: string | null): Promise<CompletionRow['status'] | null> {
    const text = 'SELECT status FROM completions WHERE id = $1 AND ($2::text IS NULL OR caller = $2)';
    return (await this.sql.query<Pick<CompletionRow, 'status'>>({ name: 'trace-status', text, values: [id, caller] })).rows[0]?.status ?? null;
  }

  /** Calls of a completion recorded after the call `afterId`, in order of recording (index `calls_completion`). */
  async callsOf(completionId: string, afterId: string): Promise<CallRow[]> {
    const text = `SELECT ${callColumns('call')} FROM calls call WHERE call.completion_id = $1 AND call.id > $2 ORDER BY call.id`;
    return (await this.sql.query<CallRow>({ name: 'trace-calls', text, values: [completionId, afterId] })).rows;
  }

  /** One page of calls, newest first (primary key; with a completion `calls_completion`). */
  async calls(caller: string | null, filter: CallFilter, page: { before: string | null; limit: number }): Promise<CallRow[]> {
    const where = callConditions(caller, filter);
    if (page.before !== null) where.add('call.id < ?', page.before);
    return this.ledger(caller, where, `ORDER BY call.id DESC LIMIT ${where.value(page.limit)}`);
  }

  /** Every call of the filter in order of recording, page by page, so that an export of any size needs little memory. */
  async *everyCall(caller: string | null, filter: CallFilter, pageSize = 500): AsyncGenerator<CallRow> {
    for (let after: string | null = null; ; ) {
      const where = callConditions(caller, filter);
      if (after !== null) where.add('call.id > ?', after);
      const rows = await this.ledger(caller, where, `ORDER BY call.id LIMIT ${where.value(pageSize)}`);
      yield* rows;
      after = rows.at(-1)?.id ?? null;
      if (rows.length < pageSize) return;
    }
  }

  private async ledger(caller: string | null, where: Conditions, rest: string): Promise<CallRow[]> {
    const owner = caller === null ? '' : 'JOIN completions completion ON completion.id = call.completion_id';
    return (await this.sql.query<CallRow>({ text: `SELECT ${callColumns('call')} FROM calls call ${owner} ${where.text} ${rest}`, values: where.values })).rows;
  }
}

function callConditions(caller: string | null, filter: CallFilter): Conditions {
  const where = new Conditions();
  if (caller !== null) where.add('completion.caller = ?', caller);
  if (filter.completion_id) where.add('call.completion_id = ?', filter.completion_id);
  if (filter.provider) where.add('call.provider = ?', filter.provider);
  if (filter.model) where.add('call.model = ?', filter.model);
  if (filter.stage) where.add('call.stage = ?', filter.stage);
  if (filter.outcome) where.add('call.outcome = ?', filter.outcome);
  // As dates: Postgres refuses some offsets that ISO 8601 allows.
  if (filter.since) where.add('call.ended_at >= ?', new Date(filter.since));
  if (filter.until) where.add('call.ended_at < ?', new Date(filter.until));
  return where;
}

// A WHERE clause that grows with its parameters.
class Conditions {
  readonly values: unknown[] = [];
  private readonly parts: string[] = [];

  add(condition: string, value: unknown): void {
    this.parts.push(condition.replace('?', this.value(value)));
  }

  value(value: unknown): string {
    this.values.push(value);
    return `$${String(this.values.length)}`;
  }

  get text(): string {
    return this.parts.length === 0 ? '' : `WHERE ${this.parts.join(' AND ')}`;
  }
}
