import { objectOf, objectsOf, stringOf } from '../wire/wire-format.js';
import { cancelJob, createJob, isEnded } from './create-job.js';
import { geminiFile, geminiJobs, geminiOperation } from './gemini-jobs.js';
import type { SimulatedFile, SimulatedJob } from './job.js';
import { lookUp } from './openai-operations.js';
import { limitOf, pageAfter, readJson, RefusedOperation, type BatchContext, type OperationReply, type OperationRequest, type PreparedOperation } from './operation.js';
import { Spool } from './spool.js';

/** Reads a request on Gemini's files and batches. */
export async function prepareGemini(context: BatchContext, request: OperationRequest): Promise<PreparedOperation> {
  const { operation, query } = request;
  const { state, provider, baseUrl } = context;
  switch (operation.name) {
    case 'files.create': return request.incoming.headers['x-goog-upload-command'] === 'start' ? startUpload(context, request) : continueUpload(context, request);
    case 'files.list': return lookUp(null, () => listOf('files', state.jobs.filesOf(provider), query, (file) => geminiFile(file, baseUrl)));
    case 'batches.list': {
      const jobs = state.jobs.jobsOf(provider).filter((job) => job.dialect === geminiJobs);
      return lookUp(null, () => listOf('operations', jobs, query, (job) => geminiOperation(job)));
    }
    case 'batches.create': return prepareCreate(context, operation.pathModel.replace(/^models\//, ''), await readJson(request.incoming));
    case 'files.retrieve':
    case 'files.content':
    case 'files.delete': {
      const file = state.jobs.file(provider, operation.id);
      // Google answers 403 for files that don't exist, so that nobody learns which do.
      if (!file) throw new RefusedOperation(403, `You do not have permission to access the File ${operation.id} or it may not exist.`);
      return prepareFile(context, file, operation.name);
    }
    default: return prepareJob(context, operation.name, operation.id);
  }
}

function prepareJob(context: BatchContext, name: string, id: string): PreparedOperation {
  const job = context.state.jobs.job(context.provider, id);
  if (!job) throw new RefusedOperation(404, `Requested entity was not found: batches/${id}.`);
  const prepared = lookUp(job, () => {
    if (name === 'batches.cancel' && !cancelJob(context, job) && isEnded(job)) throw new RefusedOperation(400, `Batch batches/${id} has already ended and cannot be cancelled.`);
    if (name === 'batches.delete') context.state.jobs.deleteJob(job);
    return {};
  });
  return name === 'batches.retrieve' ? { ...prepared, perform: async () => ({ json: geminiOperation(job, await inlinedRows(job)) }) } : prepared;
}

async function inlinedRows(job: SimulatedJob): Promise<unknown[] | null> {
  if (!job.inline || !job.output) return null;
  const rows = await job.output.content.readLines(0, job.output.content.lines);
  return rows.map((row) => {
    const { key, ...said } = objectOf(JSON.parse(row));
    return { metadata: { key }, ...said };
  });
}

function listOf<T extends { id: string }>(field: string, entries: T[], query: URLSearchParams, show: (entry: T) => unknown): unknown {
  const { page, hasMore } = pageAfter(entries, query.get('pageToken'), limitOf(query, 'pageSize', 50, 100));
  return { [field]: page.map(show), ...(hasMore && { nextPageToken: page.at(-1)?.id }) };
}

function prepareFile({ state, baseUrl }: BatchContext, file: SimulatedFile, name: 'files.retrieve' | 'files.content' | 'files.delete'): PreparedOperation {
  return {
    ...lookUp(state.jobs.jobOfOutput(file), () => null),
    perform: async () => {
      if (name === 'files.content') return { content: file.content.content(), contentType: file.mimeType };
      if (name === 'files.retrieve') return { json: geminiFile(file, baseUrl) };
      await state.jobs.deleteFile(file);
      return { json: {} };
    },
  };
}

async function prepareCreate(context: BatchContext, model: string, body: Record<string, unknown>): Promise<PreparedOperation> {
  const batch = objectOf(body.batch);
  const config = objectOf(batch.inputConfig ?? batch.input_config);
  const name = stringOf(batch.displayName ?? batch.display_name);
  const fileName = stringOf(config.fileName ?? config.file_name).replace(/^files\//, '');
  const inlined = objectsOf(objectOf(config.requests).requests);
  const file = fileName === '' ? null : context.state.jobs.file(context.provider, fileName);
  if (fileName !== '' && !file) throw new RefusedOperation(400, `The input file files/${fileName} does not exist.`);
  if (!file && inlined.length === 0) throw new RefusedOperation(400, 'batch.input_config: one of file_name and requests must be set.');
  const input = file?.content ?? (await spoolOf(inlined));
  const [firstLine = ''] = await input.readLines(0, 1);
  return {
    model, contains: `${name}\n${fileName}\n${firstLine}`, body: { ...body, ...(inlined.length > 0 && { batch: { displayName: name, requests: inlined.length } }) },
    perform: async () => {
      const id = context.state.jobs.newId('');
      const job = await createJob(context, { id, model, endpoint: '', name: name || null, metadata: null, input, inputFileId: file?.id ?? null, inline: !file, dialect: geminiJobs });
      return { json: geminiOperation(job) };
    },
  };
}

async function spoolOf(inlined: Record<string, unknown>[]): Promise<Spool> {
  const spool = new Spool();
  const lines = inlined.map((entry, index) => JSON.stringify({ key: stringOf(objectOf(entry.metadata).key) || String(index), request: entry.request }));
  await spool.write(Buffer.from(`${lines.join('\n')}\n`));
  spool.sha256();
  return spool;
}

async function startUpload({ state, provider }: BatchContext, { incoming, origin, operation }: OperationRequest): Promise<PreparedOperation> {
  const { headers } = incoming;
  const file = objectOf((await readJson(incoming)).file);
  const displayName = stringOf(file.displayName ?? file.display_name) || null;
  const name = stringOf(file.name).replace(/^files\//, '') || state.jobs.newId('').slice(0, 12);
  const mimeType = stringOf(file.mimeType ?? file.mime_type) || String(headers['x-goog-upload-header-content-type'] ?? 'application/octet-stream');
  return {
    model: '', contains: `${displayName ?? ''}\n${name}`, body: { file },
    perform: () => {
      if (state.jobs.file(provider, name)) throw new RefusedOperation(409, `File files/${name} already exists.`);
      const upload = state.jobs.newId('upload');
      state.jobs.uploads.set(upload, { id: name, provider, name, displayName, purpose: 'batch', mimeType, createdAt: Date.now(), content: new Spool() });
      const url = `${origin}${operation.basePath}/upload/v1beta/files?upload_id=${upload}&upload_protocol=resumable`;
      return Promise.resolve({ json: {}, headers: { 'x-goog-upload-url': url, 'x-goog-upload-status': 'active', 'x-goog-upload-chunk-granularity': '8388608' } });
    },
  };
}

/** Further pieces of a resumable upload: written as they come, so that a fault after them leaves a piece that is asked for again by its offset. */
async function continueUpload({ state, baseUrl }: BatchContext, { incoming, query }: OperationRequest): Promise<PreparedOperation> {
  const command = String(incoming.headers['x-goog-upload-command'] ?? '');
  const upload = query.get('upload_id') ?? '';
  const file = state.jobs.uploads.get(upload);
  if (!file) throw new RefusedOperation(404, 'This upload does not exist or has been finalized.');
  const offset = Number(incoming.headers['x-goog-upload-offset'] ?? file.content.bytes);
  if (command.includes('upload') && offset !== file.content.bytes) throw new RefusedOperation(400, `Wrong X-Goog-Upload-Offset ${offset}: ${file.content.bytes} bytes were received.`);
  const piece = new Spool();
  for await (const chunk of incoming) await piece.write(chunk as Buffer);
  return {
    model: '', contains: `${file.displayName ?? ''}\n${file.name}`, body: { command, offset, bytes: piece.bytes }, drop: () => piece.close(),
    perform: async (): Promise<OperationReply> => {
      for await (const chunk of piece.content()) await file.content.write(Buffer.from(chunk));
      await piece.close();
      if (!command.includes('finalize')) return { json: {}, headers: { 'x-goog-upload-status': 'active', 'x-goog-upload-size-received': String(file.content.bytes) } };
      state.jobs.uploads.delete(upload);
      state.jobs.addFile(file);
      return { json: { file: geminiFile(file, baseUrl) }, headers: { 'x-goog-upload-status': 'final' } };
    },
  };
}
