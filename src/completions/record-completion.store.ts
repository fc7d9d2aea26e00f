import { completionChannel } from '../../domain/chat/completion-notification.js';
import type { CompletionOutcome } from '../../domain/chat/decision.js';
import type { Sql } from '../database/sql.js';
import { mayBeCharged } from '../traces/may-be-charged.js';

/**
 * Finishes completions: the outcome, the sums over the ledger and the owners of tool calls in one statement. Index: `calls_completion`.
 * The keys of the final stage stand for their whole subtree: a nested panel's calls (`key:…`) and the rounds of a tool loop (`key+n`).
 */
const finishText = `
WITH ledger AS (
  SELECT *, outcome = 'succeeded' AS paid, ${mayBeCharged('calls')} AS charged, EXISTS (
    SELECT FROM unnest($5::text[]) AS final (key) WHERE calls.key = final.key OR starts_with(calls.key, final.key || ':') OR starts_with(calls.key, final.key || '+')
  ) AS is_final
  FROM calls WHERE completion_id = $1 AND stage <> 'tool'
), sums AS (
  SELECT count(*) AS calls,
    coalesce(sum(input_tokens) FILTER (WHERE paid), 0) AS input, coalesce(sum(output_tokens) FILTER (WHERE paid), 0) AS output,
    coalesce(sum(cached_input_tokens) FILTER (WHERE paid), 0) AS cached, coalesce(sum(reasoning_tokens) FILTER (WHERE paid), 0) AS reasoning,
    coalesce(sum(input_tokens) FILTER (WHERE paid AND is_final), 0) AS final_input, coalesce(sum(output_tokens) FILTER (WHERE paid AND is_final), 0) AS final_output,
    coalesce(sum(cost_nano_usd) FILTER (WHERE paid), 0) AS cost, $9::integer = 0 AND coalesce(bool_and(cost_nano_usd IS NOT NULL) FILTER (WHERE charged), true) AS cost_known
  FROM ledger
), finished AS (
  UPDATE completions SET status = $2, decision = $3, failure = $4, degraded = $6, finished_at = now(), call_count = sums.calls,
    input_tokens = sums.input, output_tokens = sums.output, cached_input_tokens = sums.cached, reasoning_tokens = sums.reasoning,
    final_input_tokens = sums.final_input, final_output_tokens = sums.final_output, cost_nano_usd = sums.cost, cost_known = sums.cost_known
  FROM sums WHERE completions.id = $1 AND completions.status = 'running'
  RETURNING completions.caller, completions.call_count
), owners AS (
  INSERT INTO tool_call_owners (tool_call_id, caller, completion_id, acting_model)
  SELECT DISTINCT tool_call_id, finished.caller, $1, $8::text FROM finished, unnest($7::text[]) AS tool_call_id
  ON CONFLICT (tool_call_id, caller) DO UPDATE SET completion_id = excluded.completion_id, acting_model = excluded.acting_model
)
SELECT coalesce((SELECT call_count FROM finished), (SELECT call_count FROM completions WHERE id = $1)) AS calls`;

/** Writes what became of a completion. */
export class RecordCompletionStore {
  constructor(private readonly sql: Sql) {}

  /**
   * Finishes a running completion and tells the apis; a finished one keeps what it has, and is announced again. Calls that are still
   * under way make its cost unknown: they are recorded when they end, and change nothing here. Returns the number of its calls; null: no such completion.
   */
  async finish(completionId: string, outcome: CompletionOutcome, callsUnderWay = 0): Promise<number | null> {
    const { rows } = await this.sql.query<{ calls: number | null }>({ name: 'completion-finish', text: finishText, values: [...finishValues(completionId, outcome), callsUnderWay] });
    // Apart from the UPDATE: a transaction that both writes and notifies holds the notification queue's lock while its commit is flushed.
    await this.sql.query({ name: 'completion-done', text: 'SELECT pg_notify($1, $2)', values: [completionChannel, JSON.stringify({ kind: 'done', completionId })] });
    return rows[0]?.calls ?? null;
  }
}

function finishValues(completionId: string, outcome: CompletionOutcome): unknown[] {
  if (!outcome.ok) {
    const status = outcome.failure.code === 'canceled' ? 'canceled' : 'failed';
    return [completionId, status, null, safeJson(outcome.failure), [], false, [], null];
  }
  const { decision } = outcome;
  const toolCallIds = decision.actingModel === null ? [] : decision.choices.flatMap((choice) => choice.toolCalls.map((toolCall) => toolCall.id));
  return [completionId, 'completed', safeJson(decision), null, decision.finalKeys, decision.degraded, toolCallIds, decision.actingModel];
}

// Postgres takes neither NUL nor half a surrogate pair in jsonb, and a model may write both.
function safeJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? part.toWellFormed().replaceAll('\0', '') : part));
}
