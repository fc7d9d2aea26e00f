import { z } from 'zod';
import { costInUsd } from '../../domain/pricing/cost-in-usd.js';
import type { CompletionRow } from './completion-row.js';

/** A completion as lists show it. */
export const completionSchema = z
  .object({
    id: z.string(),
    status: z.enum(['running', 'completed', 'failed', 'canceled']),
    caller: z.string().describe('Id of the API key, or `anonymous`'),
    endpoint: z.enum(['openai', 'anthropic']),
    model: z.string().describe('As the client wrote it'),
    strategy: z.string(),
    panel: z.string().nullable().describe('`name@version` of a stored panel'),
    stream: z.boolean(),
    simulated: z.boolean(),
    created_at: z.string(),
    deadline_at: z.string(),
    finished_at: z.string().nullable(),
    duration_ms: z.int().nullable(),
    degraded: z.boolean(),
    agreement: z.number().nullable(),
    failure_code: z.string().nullable(),
    calls: z.int().describe('Attempts so far, failed ones included'),
    failed_calls: z.int(),
    usage: z.object({ input_tokens: z.int(), output_tokens: z.int(), cached_input_tokens: z.int(), reasoning_tokens: z.int() }),
    cost_usd: z.number().nullable().describe('Of the calls whose cost is known; null: of none'),
    cost_known: z.boolean(),
  })
  .meta({ id: 'Completion' });
export type CompletionBody = z.infer<typeof completionSchema>;

export const completionPageSchema = z.object({ data: z.array(completionSchema), next_cursor: z.string().nullable() }).meta({ id: 'CompletionPage' });

/** A completion as the API shows it, its sums taken from the ledger. */
export function completionBody(row: CompletionRow): CompletionBody {
  return {
    id: row.id,
    status: row.status,
    caller: row.caller,
    endpoint: row.endpoint,
    model: row.model,
    strategy: row.strategy,
    panel: row.panel,
    stream: row.stream,
    simulated: row.simulated,
    created_at: row.created_at.toISOString(),
    deadline_at: row.deadline_at.toISOString(),
    finished_at: row.finished_at?.toISOString() ?? null,
    // The database's clock finishes what the api's began; a skew must not show as a negative time.
    duration_ms: row.finished_at && Math.max(0, row.finished_at.getTime() - row.created_at.getTime()),
    degraded: row.degraded,
    agreement: row.agreement,
    failure_code: row.failure_code,
    calls: Number(row.calls),
    failed_calls: Number(row.failed_calls),
    usage: {
      input_tokens: Number(row.input_tokens),
      output_tokens: Number(row.output_tokens),
      cached_input_tokens: Number(row.cached_input_tokens),
      reasoning_tokens: Number(row.reasoning_tokens),
    },
    cost_usd: costInUsd({ costNanoUsd: Number(row.cost_nano_usd), costKnown: row.cost_known }),
    cost_known: row.cost_known,
  };
}
