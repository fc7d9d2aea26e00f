import { z } from 'zod';
import { batchModes, type BatchMode } from '../../domain/batches/batch-status.js';
import { costInUsd } from '../../domain/pricing/cost-in-usd.js';
import type { BatchSurvey } from './batch-survey.js';

/** What a batch would take. */
export const estimateSchema = z
  .object({
    items: z.int(),
    mode: z.enum(batchModes),
    calls: z.int().describe('Of undisturbed runs: repairs and retries come on top'),
    input_tokens: z.int(),
    output_tokens: z.int().describe('With `max_tokens` as the length of answers, else an assumed length'),
    cost_usd: z.number().nullable().describe('Of the calls whose price is known; null: of none'),
    cost_known: z.boolean(),
    models: z.array(z.string()),
    simulated: z.boolean(),
    confirmation_needed: z.boolean(),
  })
  .meta({ id: 'BatchEstimate' });
export type EstimateBody = z.infer<typeof estimateSchema>;

/** The estimate of a batch that was read. */
export function estimateBody({ items, estimate, models, simulated }: BatchSurvey, { mode, confirmAbove }: { mode: BatchMode; confirmAbove: number }): EstimateBody {
  return {
    items,
    mode,
    calls: estimate.calls,
    input_tokens: estimate.inputTokens,
    output_tokens: estimate.outputTokens,
    cost_usd: costInUsd(estimate),
    cost_known: estimate.costKnown,
    models: models.map(({ provider, model }) => `${provider}/${model}`),
    simulated,
    confirmation_needed: items > confirmAbove,
  };
}
