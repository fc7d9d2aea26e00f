import { z } from 'zod';
import { runStatuses, sampleStatuses } from '../../domain/runs/run-status.js';

const runId = z.string().regex(/^run_[A-Za-z0-9]{1,64}$/, "use the id of a run: 'run_…'");
const text = z.string().min(1).max(200).refine((value) => !value.includes('\0'), 'no control characters');

/** Query of `GET /api/runs`. */
export const runListQuery = z.object({
  status: z.enum(runStatuses).optional(),
  model: text.optional().describe('A part of the target\'s name'),
  provider: text.optional(),
  benchmark: text.optional(),
  tag: text.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  before: runId.optional().describe('`next_cursor` of the page before'),
});
export type RunListQuery = z.infer<typeof runListQuery>;

/** Query of a run's samples. */
export const sampleListQuery = z.object({
  benchmark: text.optional(),
  verdict: z.enum(['correct', 'incorrect', 'unextracted']).optional(),
  status: z.enum(sampleStatuses).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  after: z.string().max(300).optional().describe('`next_cursor` of the page before'),
});
export type SampleListQuery = z.infer<typeof sampleListQuery>;

/** Query of `GET /api/runs/compare`. */
export const compareQuery = z.object({
  ids: z
    .string()
    .max(2_000)
    .transform((list) => list.split(',').map((id) => id.trim()))
    .pipe(z.array(runId).min(2, 'name at least two runs').max(10, 'at most ten runs can be compared'))
    .meta({ type: 'string', description: 'Ids of two to ten runs, with commas' }),
});
export type CompareQuery = z.infer<typeof compareQuery>;

export const resumeRunBody = z
  .strictObject({ cost_cap_usd: z.number().gt(0).max(1_000_000).optional(), token_cap: z.int().min(1).max(1_000_000_000_000).optional() })
  .nullish()
  .meta({ id: 'ResumeRun', description: 'Higher caps, for a run that has them' });
export type ResumeRunBody = z.infer<typeof resumeRunBody>;
