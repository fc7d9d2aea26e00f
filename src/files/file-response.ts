import { z } from 'zod';
import type { FileRecord } from './files.store.js';

/** A file in OpenAI's form. */
export const fileSchema = z
  .object({
    id: z.string(),
    object: z.literal('file'),
    bytes: z.int(),
    created_at: z.int().describe('Seconds since the epoch'),
    expires_at: z.null().describe('Files stay until they are deleted'),
    filename: z.string(),
    purpose: z.enum(['batch', 'batch_output']),
    status: z.literal('processed'),
    status_details: z.null(),
  })
  .meta({ id: 'File' });
export type FileBody = z.infer<typeof fileSchema>;

export const fileListSchema = z
  .object({ object: z.literal('list'), data: z.array(fileSchema), first_id: z.string().nullable(), last_id: z.string().nullable(), has_more: z.boolean() })
  .meta({ id: 'FileList' });
export type FileListBody = z.infer<typeof fileListSchema>;

export const fileDeletionSchema = z.object({ id: z.string(), object: z.literal('file'), deleted: z.literal(true) }).meta({ id: 'FileDeletion' });
export type FileDeletionBody = z.infer<typeof fileDeletionSchema>;

/** A file as OpenAI's clients read it. */
export function fileBody(file: FileRecord): FileBody {
  return {
    id: file.id,
    object: 'file',
    bytes: file.bytes,
    created_at: Math.floor(file.createdAt.getTime() / 1000),
    expires_at: null,
    filename: file.filename,
    purpose: file.purpose,
    status: 'processed',
    status_details: null,
  };
}

/** A page of files; `rows` holds one more than `limit` where there are more. */
export function fileListBody(rows: readonly FileRecord[], limit: number): FileListBody {
  const data = rows.slice(0, limit).map(fileBody);
  return { object: 'list', data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: rows.length > limit };
}
