import { z } from 'zod';
import { batchItemStatuses, batchModes, batchStatuses, type BatchItemStatus } from '../../domain/batches/batch-status.js';

const batchId = z.string().regex(/^batch_[A-Za-z0-9]{1,64}$/, "use the id of a batch: 'batch_…'");

/** Query of `GET /api/batches`. */
export const batchListQuery = z.strictObject({
  status: z.enum(batchStatuses).optional(),
  tag: z.string().min(1).max(64).refine((tag) => !tag.includes('\0'), 'no control characters').optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  before: batchId.optional().describe('`next_cursor` of the page before'),
});
export type BatchListQuery = z.infer<typeof batchListQuery>;

/** Query of `GET /api/batches/{id}/results`. */
export const resultsQuery = z.strictObject({
  status: z
    .string()
    .refine((text) => text.split(',').every((word) => isItemStatus(word)), `expected one or several of ${batchItemStatuses.join(', ')}, with commas`)
    .transform((text) => text.split(',').filter(isItemStatus))
    .optional()
    .meta({ description: 'One or several of pending, succeeded, failed, canceled, with commas; default: all' }),
});
export type ResultsQuery = z.infer<typeof resultsQuery>;

function isItemStatus(word: string): word is BatchItemStatus {
  return batchItemStatuses.some((status) => status === word);
}

export const switchBody = z.strictObject({ mode: z.enum(batchModes) }).meta({ id: 'SwitchBatch' });
export type SwitchBody = z.infer<typeof switchBody>;

export const resumeBody = z.strictObject({ cost_cap_usd: z.number().gt(0).max(1_000_000).optional().describe('A new cap, for a batch that has one') }).nullish().meta({ id: 'ResumeBatch' });
export type ResumeBody = z.infer<typeof resumeBody>;

export const revalidateBody = z.strictObject({ schema: z.looseObject({}).optional().describe('Replaces the batch\'s schema') }).nullish().meta({ id: 'RevalidateBatch' });
export type RevalidateBody = z.infer<typeof revalidateBody>;

/** Body of `POST /v1/batches`; what else clients send is left alone. */
export const openaiBatchBody = z
  .object({
    input_file_id: z.string().min(1).max(100),
    endpoint: z.string().max(100),
    completion_window: z.string().max(20),
    metadata: z.record(z.string().max(64), z.string().max(512)).refine((metadata) => Object.keys(metadata).length <= 16, 'at most 16 pairs are possible').nullish(),
  })
  .meta({ id: 'CreateOpenAiBatch' });
export type OpenAiBatchBody = z.infer<typeof openaiBatchBody>;

/** Query of `GET /v1/batches`. */
export const openaiBatchListQuery = z.object({ after: batchId.optional(), limit: z.coerce.number().int().min(1).max(100).default(20) });
export type OpenAiBatchListQuery = z.infer<typeof openaiBatchListQuery>;
