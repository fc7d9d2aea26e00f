import { z } from 'zod';
import { batchModes } from '../../domain/batches/batch-status.js';

const name = z.string().min(1).max(200).refine((text) => !text.includes('\0'), 'no control characters');

/** How calls to a Gremium are charged; its own price is unknown. */
const costOption = z.union([z.literal('none'), z.literal('participants'), z.strictObject({ per_request_usd: z.number().min(0).max(1_000) })]);

/** Body of `POST /api/runs`. */
export const createRunBody = z
  .strictObject({
    model_id: name.optional().describe('A model of the provider, or any model name: openai/gpt-4o-mini, composite/council/gpt-4o, trio. Missing, as the panel: the default model of the provider, else of conclave.yaml'),
    panel: name.optional().describe('A stored panel, with or without `panel/`; instead of model_id'),
    provider: name.optional().describe('chutes (default), gremium-openai, gremium-anthropic, any provider, or conclave for our own panels; a model name that says it may stand alone'),
    selected_benchmarks: z.array(name).min(1).max(50),
    subset_pct: z.number().gt(0).max(100).optional(),
    subset_count: z.int().min(1).max(1_000_000).optional().describe('Items of each benchmark; wins over subset_pct'),
    subset_seed: z.string().min(1).max(128).default('conclave').describe('Equal seeds give equal samples, also between runs'),
    epochs: z.int().min(1).max(100).default(1),
    mode: z.enum(batchModes).default('realtime'),
    concurrency: z.int().min(1).max(500).default(16).describe('Samples under way at the same time'),
    cost_cap_usd: z.number().gt(0).max(1_000_000).optional(),
    token_cap: z.int().min(1).max(1_000_000_000_000).optional().describe('Input and output tokens together'),
    judge: z.strictObject({ provider: name, model: name }).optional().describe('Default: a model of chutes, where a benchmark needs one'),
    config: z
      .strictObject({
        temperature: z.number().min(0).max(2).optional(),
        max_tokens: z.int().min(1).max(1_000_000).optional(),
        system_prompt: z.string().min(1).max(20_000).optional(),
        cost: costOption.optional().describe('Of a Gremium: none, per request, or by the prices of its participants'),
      })
      .prefault({}),
    tags: z.array(z.string().min(1).max(64).refine((tag) => !tag.includes('\0'), 'no control characters')).max(20).default([]),
    cli_provider_override: z.boolean().optional(),
    cli_model_override: z.boolean().optional(),
  })
  .refine((body) => body.model_id === undefined || body.panel === undefined, { path: ['model_id'], message: "send one of 'model_id' and 'panel', not both" })
  .meta({ id: 'CreateRun' });
export type CreateRunBody = z.infer<typeof createRunBody>;
