import { batchModes } from '../../domain/batches/batch-status.js';
import { z } from 'zod';
import type { CallRow } from './call-row.js';

const price = z.object({
  input_usd_per_million: z.number(),
  output_usd_per_million: z.number(),
  cached_input_usd_per_million: z.number().nullable(),
  reasoning_usd_per_million: z.number().nullable(),
  source: z.string(),
  date: z.string(),
});

/** One attempt of one call, without what it said. */
export const callSchema = z
  .object({
    id: z.string().describe('Ascending in order of recording: the cursor of lists and event streams'),
    completion_id: z.string(),
    key: z.string().describe('The logical call; at most one attempt of a key succeeded'),
    stage: z.string(),
    member_index: z.int(),
    attempt: z.int(),
    provider: z.string(),
    model: z.string(),
    outcome: z.enum(['succeeded', 'failed', 'canceled']),
    failure_code: z.string().nullable(),
    failure_message: z.string().nullable(),
    finish_reason: z.string().nullable(),
    usage: z
      .object({ input_tokens: z.int(), output_tokens: z.int(), cached_input_tokens: z.int(), reasoning_tokens: z.int() })
      .nullable()
      .describe('null: the provider gave none'),
    cost_usd: z.number().nullable().describe('null: unknown price or unknown usage'),
    price: price.nullable().describe('What the call was charged at'),
    started_at: z.string(),
    first_token_at: z.string().nullable(),
    ended_at: z.string(),
    duration_ms: z.int(),
    ttft_ms: z.int().nullable().describe('Milliseconds to the first token; null where the call was not streamed'),
    dropped_parameters: z.array(z.string()).describe('Parameters the provider cannot take and that were left out'),
    request_hash: z.string(),
    response_id: z.string().nullable(),
    group_id: z.string().nullable().describe('Batch or run it was made for'),
    mode: z.enum(batchModes).describe('Which of the provider\'s interfaces made it'),
  })
  .meta({ id: 'Call' });
export type CallBody = z.infer<typeof callSchema>;

/** One attempt with what it said. */
export const callWithTextSchema = callSchema
  .extend({ text: z.string().nullable(), tool_calls: z.array(z.object({ id: z.string(), name: z.string(), arguments: z.string() })) })
  .meta({ id: 'CallWithText' });
export type CallWithTextBody = z.infer<typeof callWithTextSchema>;

export const callPageSchema = z.object({ data: z.array(callSchema), next_cursor: z.string().nullable() }).meta({ id: 'CallPage' });

/** A row of the ledger as the API shows it. */
export function callBody(row: CallRow): CallBody {
  return {
    id: row.id,
    completion_id: row.completion_id,
    key: row.key,
    stage: row.stage,
    member_index: row.member_index,
    attempt: row.attempt,
    provider: row.provider,
    model: row.model,
    outcome: row.outcome,
    failure_code: row.failure_code,
    failure_message: row.failure_message,
    finish_reason: row.finish_reason,
    usage: usageOf(row),
    cost_usd: row.cost_nano_usd === null ? null : Number(row.cost_nano_usd) / 1e9,
    price: row.price && {
      input_usd_per_million: row.price.inputNanoUsdPerMillion / 1e9,
      output_usd_per_million: row.price.outputNanoUsdPerMillion / 1e9,
      cached_input_usd_per_million: row.price.cachedInputNanoUsdPerMillion === null ? null : row.price.cachedInputNanoUsdPerMillion / 1e9,
      reasoning_usd_per_million: row.price.reasoningNanoUsdPerMillion == null ? null : row.price.reasoningNanoUsdPerMillion / 1e9,
      source: row.price.source,
      date: row.price.date,
    },
    started_at: row.started_at.toISOString(),
    first_token_at: row.first_token_at?.toISOString() ?? null,
    ended_at: row.ended_at.toISOString(),
    duration_ms: row.ended_at.getTime() - row.started_at.getTime(),
    ttft_ms: row.first_token_at === null ? null : row.first_token_at.getTime() - row.started_at.getTime(),
    dropped_parameters: row.dropped_parameters ?? [],
    request_hash: row.request_hash,
    response_id: row.response_id,
    group_id: row.group_id,
    mode: row.mode,
  };
}

/** Like `callBody`, with the answer's text and tool calls. */
export function callWithTextBody(row: CallRow): CallWithTextBody {
  return { ...callBody(row), text: row.text, tool_calls: (row.tool_calls ?? []).map(({ id, name, argumentsJson }) => ({ id, name, arguments: argumentsJson })) };
}

function usageOf(row: CallRow): CallBody['usage'] {
  if (row.input_tokens === null || row.output_tokens === null) return null;
  return {
    input_tokens: row.input_tokens,
    output_tokens: row.output_tokens,
    cached_input_tokens: row.cached_input_tokens ?? 0,
    reasoning_tokens: row.reasoning_tokens ?? 0,
  };
}
