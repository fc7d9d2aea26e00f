import { z } from 'zod';

const tokens = z.int().min(1).max(2_000_000_000);
const atMost = z.int().min(1).max(1_000_000_000).nullable();

/** Fields of a model that can be overridden, besides its price. Each holds a value; `null` takes the override off. */
export const overrideFields = {
  enabled: z.boolean().describe('false: refused and not listed'),
  display_name: z.string().min(1).max(200),
  batch_support: z.boolean(),
  context_tokens: tokens,
  output_tokens: tokens.describe('Most tokens of one answer'),
  capabilities: z.strictObject({ tools: z.boolean().optional(), images: z.boolean().optional(), json_schema: z.boolean().optional(), reasoning: z.boolean().optional() }).describe('Those named here; the others stay'),
  limits: z
    .strictObject({ requests_per_minute: atMost.optional(), tokens_per_minute: atMost.optional(), concurrent: atMost.optional(), max_inflight_batches: atMost.optional(), max_batch_input_tokens: atMost.optional() })
    .describe('Those named here, null for none; the others stay'),
  is_default: z.literal(true).describe('Its provider stands for this model where none is named'),
};
/** Values of one model's overrides, by field. */
export type OverrideValues = { [Field in keyof typeof overrideFields]: z.infer<(typeof overrideFields)[Field]> };

/** Fields as they are stored: `default_model` is the provider's and stands for `is_default` of a model. */
export type StoredOverride =
  | { [Field in Exclude<keyof OverrideValues, 'is_default'>]: { field: Field; value: OverrideValues[Field] } }[Exclude<keyof OverrideValues, 'is_default'>]
  | { field: 'default_model'; value: string };
