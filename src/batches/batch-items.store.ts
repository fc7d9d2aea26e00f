import { Inject, Injectable } from '@nestjs/common';
import type { BatchItemStatus } from '../../domain/batches/batch-status.js';
import type { ChatRequest, FinishReason, ToolCall } from '../../domain/chat/chat-request.js';
import type { Decision } from '../../domain/chat/decision.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import type { CallFailure } from '../../domain/failures/failure-code.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import { mayBeCharged } from '../traces/may-be-charged.js';
import type { BatchItemOutput } from '../../domain/batches/item-output.js';

/** An item as it was read; `ordinal` from 0. `requestJson` and `planJson` are what is stored. */
export interface NewBatchItem {
  /** Of the input, from 1. */
  line: number;
  ordinal: number;
  customId: string;
  model: string;
  /** With seed 0. */
  plan: StrategyPlan;
  planJson: string;
  planHash: string;
  seed: number;
  request: ChatRequest;
  requestJson: string;
  simulated: boolean;
}

/** Sums over the recorded calls of one item. `costNanoUsd` is of those whose cost is known; `costKnown`: it is all of them. */
export interface ItemSums {
  calls: number;
  attempts: number;
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  reasoningTokens: number;
  finalInputTokens: number;
  finalOutputTokens: number;
  costNanoUsd: number;
  costKnown: boolean;
}

/** The answer of a plain model's one call. */
export interface ItemAnswer {
  text: string;
  toolCalls: ToolCall[];
  finishReason: FinishReason;
  model: string;
  inputTokens: number;
  outputTokens: number;
}

/** What became of an item, with all that its result tells. */
export interface ItemResult {
  id: string;
  ordinal: number;
  customId: string;
  model: string;
  status: BatchItemStatus;
  strategy: string;
  panel: string | null;
  decision: Decision | null;
  output: BatchItemOutput | null;
  failure: CallFailure | null;
  finishedAt: Date | null;
  /** Null where it has a decision, or no answer. */
  answer: ItemAnswer | null;
  sums: ItemSums;
}

/** Items of one page: their decisions may be long texts. */
const pageSize = 200;

const noSums: ItemSums = { calls: 0, attempts: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0, finalInputTokens: 0, finalOutputTokens: 0, costNanoUsd: 0, costKnown: true };

/** SQL about a batch's items as they are loaded and as their results are read. Nothing that reads is prepared by name: Postgres would keep the plan it made while the tables were empty. */
@Injectable()
export class BatchItemsStore {
  constructor(@Inject(POSTGRES_POOL) private readonly sql: Sql) {}

  /** Writes a group of items with their plans; what is there already stays. */
  async insert(batchId: string, items: readonly NewBatchItem[]): Promise<void> {
    const plans = new Map(items.map((item) => [item.planHash, item.planJson]));
    await this.sql.query({
      name: 'batch-items-insert',
      text: `WITH plans AS (
               INSERT INTO batch_plans (batch_id, hash, plan) SELECT $1, hash, plan::jsonb FROM unnest($2::text[], $3::text[]) AS plan (hash, plan) ORDER BY hash ON CONFLICT DO NOTHING
             )
             INSERT INTO batch_items (id, batch_id, ordinal, custom_id, model, plan_hash, seed, request, status)
             SELECT $1 || '.' || ordinal, $1, ordinal, custom_id, model, plan_hash, seed, request::jsonb, 'pending'
             FROM unnest($4::integer[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[]) AS item (ordinal, custom_id, model, plan_hash, seed, request)
             ON CONFLICT DO NOTHING`,
      values: [
        batchId,
        [...plans.keys()],
        [...plans.values()],
        items.map((item) => item.ordinal),
        items.map((item) => item.customId),
        items.map((item) => item.model),
        items.map((item) => item.planHash),
        items.map((item) => item.seed),
        items.map((item) => item.requestJson),
      ],
    });
  }

  /** Results in the order of the input, read as they are taken (index `batch_items_ordinal`); `status` null: of all items. */
  async *results(batchId: string, status: readonly BatchItemStatus[] | null): AsyncGenerator<ItemResult> {
    const { rows: [known] } = await this.sql.query<{ last: number | null }>({ text: 'SELECT max(ordinal) AS last FROM batch_items WHERE batch_id = $1', values: [batchId] });
    for (let from = 0; from <= (known?.last ?? -1); from += pageSize) yield* await this.page(batchId, status, from);
  }

  // Ordinals have no gaps. A page has both bounds, as Postgres sorts all that follows for a limit while it has no statistics of rows written a moment ago.
  private async page(batchId: string, status: readonly BatchItemStatus[] | null, from: number): Promise<ItemResult[]> {
    const { rows } = await this.sql.query<Omit<ItemResult, 'answer' | 'sums'>>({
      text: `SELECT item.id, ordinal, custom_id AS "customId", model, status, plan.plan->>'strategy' AS strategy,
               CASE WHEN plan.plan->'panel'->>'name' IS NOT NULL THEN (plan.plan->'panel'->>'name') || '@' || (plan.plan->'panel'->>'version') END AS panel,
               decision, output, failure, finished_at AS "finishedAt"
             FROM batch_items item JOIN batch_plans plan ON plan.batch_id = item.batch_id AND plan.hash = item.plan_hash
             WHERE item.batch_id = $1 AND ordinal >= $2 AND ordinal < $3 AND ($4::text[] IS NULL OR status = ANY($4))
             ORDER BY ordinal`,
      values: [batchId, from, from + pageSize, status],
    });
    if (rows.length === 0) return [];
    // An answer that missed the schema is told as well.
    const plain = rows.filter((row) => row.decision === null && (row.status === 'succeeded' || (row.status === 'failed' && row.output !== null))).map((row) => row.id);
    const [sums, answers] = await Promise.all([this.sums(rows), plain.length === 0 ? new Map<string, ItemAnswer>() : this.answers(plain)]);
    return rows.map((row) => ({ ...row, answer: answers.get(row.id) ?? null, sums: sums.get(row.id) ?? noSums }));
  }

  // Index `calls_completion`. The keys of the final stage stand for their whole subtree, as in a completion's record.
  private async sums(items: readonly { id: string; decision: Decision | null }[]): Promise<Map<string, ItemSums>> {
    const finals = items.flatMap(({ id, decision }) => (decision?.finalKeys ?? []).map((key) => [id, key] as const));
    const { rows } = await this.sql.query<Record<Exclude<keyof ItemSums, 'costKnown'>, string> & { id: string; costKnown: boolean }>({
      text: `WITH ledger AS (
               SELECT calls.*, outcome = 'succeeded' AS paid, ${mayBeCharged('calls')} AS charged, EXISTS (
                 SELECT FROM unnest($2::text[], $3::text[]) AS final (item_id, key)
                 WHERE final.item_id = completion_id AND (calls.key = final.key OR starts_with(calls.key, final.key || ':') OR starts_with(calls.key, final.key || '+'))
               ) AS is_final
               FROM calls WHERE completion_id = ANY($1) AND stage <> 'tool'
             )
             SELECT completion_id AS id, count(*) AS calls, max(attempt) AS attempts,
               coalesce(sum(input_tokens), 0) AS "inputTokens", coalesce(sum(output_tokens), 0) AS "outputTokens",
               coalesce(sum(cached_input_tokens), 0) AS "cachedInputTokens", coalesce(sum(reasoning_tokens), 0) AS "reasoningTokens",
               coalesce(sum(input_tokens) FILTER (WHERE paid AND is_final), 0) AS "finalInputTokens", coalesce(sum(output_tokens) FILTER (WHERE paid AND is_final), 0) AS "finalOutputTokens",
               coalesce(sum(cost_nano_usd), 0) AS "costNanoUsd", coalesce(bool_and(cost_nano_usd IS NOT NULL) FILTER (WHERE charged), true) AS "costKnown"
             FROM ledger GROUP BY completion_id`,
      values: [items.map((item) => item.id), finals.map(([id]) => id), finals.map(([, key]) => key)],
    });
    return new Map(rows.map(({ id, costKnown, ...sums }) => [id, { ...numbers(sums), costKnown }]));
  }

  // A plain model's item: its last recorded answer, as earlier ones missed the schema.
  private async answers(ids: readonly string[]): Promise<Map<string, ItemAnswer>> {
    const { rows } = await this.sql.query<{ id: string; text: string | null; toolCalls: ToolCall[] | null; finishReason: FinishReason | null; model: string; inputTokens: number | null; outputTokens: number | null }>({
      text: `SELECT DISTINCT ON (completion_id) completion_id AS id, text, tool_calls AS "toolCalls", finish_reason AS "finishReason", provider || '/' || model AS model, input_tokens AS "inputTokens", output_tokens AS "outputTokens"
             FROM calls WHERE completion_id = ANY($1) AND outcome = 'succeeded' AND stage <> 'tool' ORDER BY completion_id, calls.id DESC`,
      values: [ids],
    });
    return new Map(rows.map(({ id, text, toolCalls, finishReason, model, inputTokens, outputTokens }) => [id, { text: text ?? '', toolCalls: toolCalls ?? [], finishReason: finishReason ?? 'stop', model, inputTokens: inputTokens ?? 0, outputTokens: outputTokens ?? 0 }]));
  }
}

function numbers<Name extends string>(row: Record<Name, string>): Record<Name, number> {
  // The same keys, mapped one by one.
  return Object.fromEntries(Object.entries<string>(row).map(([name, value]) => [name, Number(value)])) as Record<Name, number>;
}
