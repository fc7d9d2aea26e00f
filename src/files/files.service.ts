import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiError, badRequest } from '../http/api-error.js';
import { fileBody, fileListBody, type FileBody, type FileListBody } from './file-response.js';
import { FilesStore, type FileRecord } from './files.store.js';
import type { FileListQuery } from './list-files.dto.js';
import { isForm, readForm, type Form } from './multipart.js';
import { createFileId, writeFile, type WrittenFile } from './write-file.js';

const sweepMs = 10 * 60_000;
/** An upload or a result file that was begun so long ago has nobody who writes it. */
const abandonedMs = 24 * 3_600_000;
const longestName = 255;

/** Files of the OpenAI files interface, and inputs of batches. Each caller sees its own. */
@Injectable()
export class FilesService implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Files');
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly store: FilesStore) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.sweep(), sweepMs);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer);
  }

  /** Stores the file of a form while it arrives. A client that goes away leaves nothing. */
  async receive(request: FastifyRequest, caller: string): Promise<Form<WrittenFile>> {
    if (!isForm(request)) throw new ApiError({ status: 415, code: 'unsupported_media_type', message: "Send the file as multipart/form-data, in the field 'file'." });
    return readForm(request, ({ filename, bytes }) => this.write(caller, filename, bytes));
  }

  /** `POST /v1/files`: the purpose may come before or after the file. */
  async upload(request: FastifyRequest, caller: string): Promise<FileBody> {
    const { fields, file } = await this.receive(request, caller);
    const fault = uploadFault(fields, file);
    if (fault === null && file) return fileBody(file);
    if (file) await this.discard(file.id);
    throw fault ?? badRequest('file', "The form has no field 'file'. Send the JSON lines there.");
  }

  /** Writes an input of a batch. */
  write(caller: string, filename: string, source: AsyncIterable<Buffer | string>): Promise<WrittenFile> {
    return writeFile(this.store, { id: createFileId(), caller, purpose: 'batch', filename: storableName(filename) }, source);
  }

  /** Removes a file that nobody has heard of, if it can be removed. */
  async discard(id: string): Promise<void> {
    await this.store.remove(id).catch(() => undefined);
  }

  async list(caller: string, { purpose, order, after, limit }: FileListQuery): Promise<FileListBody> {
    // One that is not there would give an empty page, as if there were nothing more.
    if (after !== undefined && !(await this.store.find(after, caller))) throw badRequest('after', `'after' is '${after}', which is no file of yours. Use an id of the page before.`);
    return fileListBody(await this.store.list(caller, { purpose: purpose ?? null, order, after: after ?? null, limit: limit + 1 }), limit);
  }

  /** The caller's file; throws a 404 where there is none. `param` names the field that has the id. */
  async find(id: string, caller: string, param = 'file_id'): Promise<FileRecord> {
    const file = /^file-[A-Za-z0-9_-]{1,80}$/.test(id) ? await this.store.find(id, caller) : null;
    if (!file) throw new ApiError({ status: 404, code: 'file_not_found', message: `File '${id.slice(0, 100)}' does not exist, or belongs to another API key.`, param });
    return file;
  }

  /** The bytes of a file, read as they are taken. */
  read(id: string): AsyncGenerator<Buffer> {
    return this.store.read(id);
  }

  async remove(id: string, caller: string): Promise<void> {
    await this.find(id, caller);
    const removal = await this.store.remove(id);
    if (removal.removed || removal.neededBy === null) return;
    throw new ApiError({ status: 409, code: 'file_in_use', message: `File '${id}' is the input of batch '${removal.neededBy}', whose record it belongs to. It stays as long as the batch.`, param: 'file_id' });
  }

  private async sweep(): Promise<void> {
    try {
      await this.store.removeAbandoned(abandonedMs);
    } catch (error) {
      this.logger.warn(`Abandoned uploads could not be removed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function uploadFault(fields: Record<string, string>, file: WrittenFile | null): ApiError | null {
  const { purpose } = fields;
  if (purpose === undefined) return badRequest('purpose', "'purpose' is missing. Send 'batch'.");
  if (purpose !== 'batch') return badRequest('purpose', `'purpose' is '${purpose.slice(0, 60)}'; only 'batch' is possible.`);
  if (file?.bytes === 0) return badRequest('file', `File '${file.filename}' is empty. Send JSON lines.`);
  return null;
}

function storableName(filename: string): string {
  return filename.replaceAll('\0', '').toWellFormed().slice(0, longestName);
}
