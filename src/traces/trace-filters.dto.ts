import { z } from 'zod';
import { strategyNames } from '../../domain/chat/plan.js';

const limit = z.coerce.number().int().min(1).max(200).default(50).describe('Entries on a page');
const since = z.iso.datetime({ offset: true }).optional().describe('Only what ended at or after this time');
const until = z.iso.datetime({ offset: true }).optional().describe('Only what ended before this time');
// Postgres has no NUL in texts.
const name = z.string().min(1).max(300).refine((text) => !text.includes('\0'), 'must not contain a NUL character');

/** Query of `GET /api/completions`. */
export const completionFilter = z.strictObject({
  status: z.enum(['running', 'completed', 'failed', 'canceled']).optional(),
  strategy: z.enum(strategyNames).optional(),
  model: name.optional().describe('The model name as the client wrote it'),
  limit,
  cursor: name.optional().describe('`next_cursor` of the page before'),
});
export type CompletionFilter = z.infer<typeof completionFilter>;

const stages = ['answer', 'propose', 'vote', 'review', 'judge', 'aggregate', 'chairman', 'repair', 'tool'] as const;

/** Which calls; the query of the export. */
export const callFilter = z.strictObject({
  completion_id: name.optional(),
  provider: name.optional(),
  model: name.optional().describe("The provider's own model id"),
  stage: z.enum(stages).optional(),
  outcome: z.enum(['succeeded', 'failed', 'canceled']).optional(),
  since,
  until,
});
export type CallFilter = z.infer<typeof callFilter>;

/** Query of `GET /api/calls`. */
export const callPageFilter = callFilter.extend({ limit, cursor: z.string().regex(/^\d{1,18}$/).optional().describe('`next_cursor` of the page before') });
export type CallPageFilter = z.infer<typeof callPageFilter>;

/** Query of `GET /api/metrics/summary`. */
export const metricsFilter = z.strictObject({
  minutes: z.coerce.number().int().min(1).max(525_600).default(1_440).describe('Length of the window that ends now'),
});
export type MetricsFilter = z.infer<typeof metricsFilter>;
