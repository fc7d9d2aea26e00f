import { z } from 'zod';
import { batchModes } from '../../domain/batches/batch-status.js';

const pairs = z
  .record(z.string().max(64), z.string().max(512))
  .refine((metadata) => Object.keys(metadata).length <= 16, 'at most 16 pairs are possible');

/** Everything of a batch but its items: the field `options` of a form. */
export const batchOptions = z.strictObject({
  model: z.string().min(1).max(512).optional().describe('Of items that name none; any name that GET /v1/models lists'),
  provider: z.string().min(1).max(64).optional().describe('Provider of `model` and of items\' own models; alone: its default model'),
  mode: z.enum(batchModes).optional().describe('`batch` (default): by the providers\' batch interfaces, where there is one; `realtime`: by calls'),
  input_file_id: z.string().max(100).optional().describe('JSON lines uploaded at /v1/files'),
  parameters: z.looseObject({}).optional().describe('Fields of a chat completion, such as `max_tokens`, for items that do not name them'),
  schema: z.looseObject({}).optional().describe('JSON Schema that every answer must satisfy; items that miss it are asked again'),
  cost_cap_usd: z.number().gt(0).max(1_000_000).optional().describe('Nothing is sent that could cost more; every item must name `max_tokens`'),
  tags: z.array(z.string().min(1).max(64)).max(16).optional(),
  metadata: pairs.optional(),
  on_stuck: z.enum(['resubmit', 'realtime', 'fail']).optional(),
  max_age_hours: z.number().gt(0).max(720).optional(),
  poll_interval_seconds: z.number().min(0.05).max(3_600).optional(),
  max_attempts: z.int().min(1).max(20).optional(),
  initial_delay_seconds: z.number().min(0).max(3_600).optional(),
  backoff_multiplier: z.number().min(1).max(10).optional(),
  validation_retry: z.strictObject({ max_attempts: z.int().min(0).max(20) }).optional(),
  max_inflight_batches: z.int().min(1).max(1_000).optional(),
  confirm: z.boolean().optional().describe('Needed for many items (`batches.confirm_above` of conclave.yaml)'),
  cli_provider_override: z.boolean().optional().describe('The provider was named by a flag of the command line'),
  cli_model_override: z.boolean().optional().describe('The model was named by a flag of the command line'),
});
export type BatchOptionsBody = z.infer<typeof batchOptions>;

/** Body of `POST /api/batches`. Items: one of `prompt` and `messages`, `custom_id` and any field of a chat completion. */
export const createBatchBody = batchOptions.extend({ items: z.array(z.looseObject({})).min(1).max(100_000).optional() }).meta({ id: 'CreateBatch' });
export type CreateBatchBody = z.infer<typeof createBatchBody>;
