import type { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError, badRequest } from '../http/api-error.js';

/** Most bytes of an uploaded file. */
export const maxFileBytes = 200 * 1024 * 1024;
const maxFieldBytes = 8 * 1024 * 1024;

/** The uploaded file of a form as it comes in. */
export interface IncomingFile {
  filename: string;
  bytes: AsyncIterable<Buffer>;
}

/** A form that was read: its text fields, and what became of its file; `file` null: it had none. */
export interface Form<Stored> {
  fields: Record<string, string>;
  file: Stored | null;
}

/** Leaves multipart bodies of the paths that take files unread, for `readForm`; on all others they stay a 415. */
export function takeMultipart(server: FastifyInstance): void {
  server.addContentTypeParser('multipart/form-data', (request: FastifyRequest, _payload: Readable, done: (error: Error | null) => void) => {
    if (/^\/((openai\/)?v1\/files|api\/batches(\/estimate)?|api\/exports\/(verify|import))\/?(\?|$)/.test(request.url)) {
      done(null);
      return;
    }
    done(new ApiError({ status: 415, code: 'unsupported_media_type', message: 'This endpoint takes no files. Send JSON with Content-Type: application/json.' }));
  });
}

/** Whether the request's body is a form. */
export function isForm(request: FastifyRequest): boolean {
  return /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '');
}

/**
 * Reads a form as it arrives: the field `file` goes to `store`, which decides how fast bytes are taken. Throws what `store` throws, a 413 for a file of more than 200 MB and
 * a 400 for a form that breaks off; `store` has seen its bytes end in an error then. `wayOut`: what the 413 tells to do.
 */
export async function readForm<Stored>(request: FastifyRequest, store: (file: IncomingFile) => Promise<Stored>, wayOut = 'Split it into several batches.'): Promise<Form<Stored>> {
  const fields: Record<string, string> = {};
  const form = formOf(request);
  const incoming: { bytes: Readable | null; stored: Promise<Stored> | null } = { bytes: null, stored: null };
  const parsed = new Promise<void>((resolve, reject) => {
    form.on('file', (_field: string, bytes: Readable & { truncated: boolean }, filename: string | undefined) => {
      // It may fail before anybody reads it, which must not end the process; whoever reads it later gets the error all the same.
      bytes.on('error', () => undefined);
      if (incoming.stored) {
        bytes.resume();
        reject(badRequest('file', "The form has more than one 'file'. Send one file a request."));
        return;
      }
      incoming.bytes = bytes;
      incoming.stored = store({ filename: filename === undefined || filename === '' ? 'upload.jsonl' : filename, bytes: whole(bytes, wayOut) });
      // A store that fails ends the reading: nobody takes the rest.
      incoming.stored.catch(reject);
    });
    form.on('field', (name: string, value: string, _nameTruncated: boolean, truncated: boolean) => {
      fields[name] = value;
      if (truncated) reject(new ApiError({ status: 413, code: 'request_too_large', message: `The field '${name.slice(0, 60)}' has more than ${String(maxFieldBytes)} bytes. Send items as the file.`, param: name.slice(0, 60) }));
    });
    form.on('finish', resolve);
    form.on('error', (error: unknown) => { reject(brokenForm(error)); });
    request.raw.on('close', () => { if (!request.raw.complete) reject(brokenForm(new Error('the connection was closed'))); });
  });
  request.raw.pipe(form);
  try {
    await parsed;
    return { fields, file: await incoming.stored };
  } catch (error) {
    // What is still coming is thrown away, so that the client, which may not look for an answer before it has sent all, gets it.
    request.raw.unpipe(form);
    request.raw.resume();
    incoming.bytes?.destroy(error instanceof Error ? error : undefined);
    await incoming.stored?.catch(() => undefined);
    throw error;
  }
}

function brokenForm(error: unknown): ApiError {
  return badRequest('file', `The form can not be read: ${error instanceof Error ? error.message : String(error)}. Send it as multipart/form-data with its closing boundary.`, 'invalid_form');
}

function formOf(request: FastifyRequest) {
  try {
    return new Busboy({
      headers: { ...request.headers, 'content-type': request.headers['content-type'] ?? '' },
      isPartAFile: (name) => name === 'file',
      limits: { files: 2, fields: 50, fieldSize: maxFieldBytes, fileSize: maxFileBytes },
    });
  } catch (error) {
    throw badRequest('Content-Type', `The form can not be read: ${error instanceof Error ? error.message : String(error)}.`, 'invalid_form');
  }
}

async function* whole(bytes: Readable & { truncated: boolean }, wayOut: string): AsyncGenerator<Buffer> {
  for await (const piece of bytes) yield piece as Buffer;
  if (bytes.truncated) throw new ApiError({ status: 413, code: 'request_too_large', message: `The file has more than ${String(maxFileBytes / 1024 / 1024)} MiB. ${wayOut}`, param: 'file' });
}
