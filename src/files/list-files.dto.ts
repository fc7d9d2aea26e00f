import { z } from 'zod';

/** Query of `GET /v1/files`. */
export const fileListQuery = z.object({
  purpose: z.enum(['batch', 'batch_output']).optional(),
  order: z.enum(['asc', 'desc']).default('desc').describe('By time of creation'),
  after: z.string().regex(/^file-[A-Za-z0-9_-]{1,80}$/, "use the id of a file: 'file-…'").optional().describe('Id of the last file of the page before'),
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
});
export type FileListQuery = z.infer<typeof fileListQuery>;
