import { Busboy } from '@fastify/busboy';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { objectOf, stringOf } from '../wire/wire-format.js';
import { cancelJob, createJob } from './create-job.js';
import type { SimulatedFile, SimulatedJob } from './job.js';
import { openaiBatch, openaiBatchUrls, openaiFile, openaiJobs } from './openai-jobs.js';
import { limitOf, pageAfter, readJson, RefusedOperation, type BatchContext, type OperationRequest, type PreparedOperation } from './operation.js';
import { Spool } from './spool.js';

/** Reads a request on OpenAI's files and batches. */
export async function prepareOpenai(context: BatchContext, request: OperationRequest): Promise<PreparedOperation> {
  const { operation, query } = request;
  const { state, provider } = context;
  switch (operation.name) {
    case 'files.create': return prepareUpload(context, request.incoming);
    case 'files.list': {
      const purpose = query.get('purpose');
      const files = state.jobs.filesOf(provider).filter((file) => purpose === null || file.purpose === purpose);
      return lookUp(null, () => listOf(query.get('order') === 'asc' ? files.reverse() : files, query, 10_000, openaiFile));
    }
    case 'batches.list': return lookUp(null, () => listOf(state.jobs.jobsOf(provider).filter((job) => job.dialect === openaiJobs), query, 20, openaiBatch));
    case 'batches.create': return prepareCreate(context, await readJson(request.incoming));
    case 'files.retrieve':
    case 'files.content':
    case 'files.delete': {
      const file = state.jobs.file(provider, operation.id);
      if (!file) throw new RefusedOperation(404, `No such File object: ${operation.id}`);
      return prepareFile(context, file, operation.name);
    }
    default: {
      const job = state.jobs.job(provider, operation.id);
      if (!job) throw new RefusedOperation(404, `No batch found with id '${operation.id}'.`);
      return lookUp(job, () => {
        if (operation.name === 'batches.cancel' && !cancelJob(context, job) && job.state !== 'cancelling') throw new RefusedOperation(409, `Cannot cancel a batch with status '${job.state}'.`);
        return openaiBatch(job);
      });
    }
  }
}

/** What an operation on a job, or on none, needs to be matched and done. */
export function lookUp(job: SimulatedJob | null, answer: () => unknown): PreparedOperation {
  return { model: job?.model ?? '', contains: job ? [job.id, job.name ?? '', JSON.stringify(job.metadata), job.opening].join('\n') : '', body: null, perform: () => Promise.resolve().then(() => ({ json: answer() })) };
}

function listOf<T extends { id: string }>(entries: T[], query: URLSearchParams, standard: number, show: (entry: T) => unknown): unknown {
  const { page, hasMore } = pageAfter(entries, query.get('after'), limitOf(query, 'limit', standard, Math.max(100, standard)));
  return { object: 'list', data: page.map(show), first_id: page[0]?.id ?? null, last_id: page.at(-1)?.id ?? null, has_more: hasMore };
}

function prepareFile({ state }: BatchContext, file: SimulatedFile, name: 'files.retrieve' | 'files.content' | 'files.delete'): PreparedOperation {
  const job = state.jobs.jobOfOutput(file);
  return {
    ...lookUp(job, () => null),
    perform: async () => {
      if (name === 'files.content') return { content: file.content.content(), contentType: 'application/octet-stream' };
      if (name === 'files.retrieve') return { json: openaiFile(file) };
      await state.jobs.deleteFile(file);
      return { json: { id: file.id, object: 'file', deleted: true } };
    },
  };
}

function prepareCreate(context: BatchContext, body: Record<string, unknown>): Promise<PreparedOperation> | PreparedOperation {
  const endpoint = stringOf(body.endpoint);
  const fileId = stringOf(body.input_file_id);
  const window = stringOf(body.completion_window);
  if (!openaiBatchUrls[endpoint]) throw new RefusedOperation(400, `Invalid value: '${endpoint}'. Supported values are: ${Object.keys(openaiBatchUrls).map((url) => `'${url}'`).join(', ')}.`);
  if (!/^\d+[hd]$/.test(window)) throw new RefusedOperation(400, `Invalid value: '${window}'. Supported values are: '24h'.`);
  const file = context.state.jobs.file(context.provider, fileId);
  if (!file) throw new RefusedOperation(400, `Invalid 'input_file_id': no such file '${fileId}'.`);
  if (file.purpose !== 'batch') throw new RefusedOperation(400, `Invalid 'input_file_id': the file's purpose is '${file.purpose}', it must be 'batch'.`);
  return prepareWithFile(context, { body, endpoint, file, window });
}

async function prepareWithFile(context: BatchContext, asked: { body: Record<string, unknown>; endpoint: string; file: SimulatedFile; window: string }): Promise<PreparedOperation> {
  const { body, file } = asked;
  const [firstLine = ''] = await file.content.readLines(0, 1);
  const model = modelOf(firstLine);
  const metadata = body.metadata === undefined || body.metadata === null ? null : Object.fromEntries(Object.entries(objectOf(body.metadata)).map(([key, value]) => [key, stringOf(value)]));
  return {
    model, contains: `${JSON.stringify(body)}\n${firstLine}`, body,
    perform: async () => {
      const id = context.state.jobs.newId('batch_');
      const job = await createJob(context, { id, model, endpoint: asked.endpoint, name: null, metadata, input: file.content, inputFileId: file.id, inline: false, dialect: openaiJobs, completionWindow: asked.window });
      return { json: openaiBatch(job) };
    },
  };
}

function modelOf(line: string): string {
  try {
    return stringOf(objectOf(objectOf(JSON.parse(line)).body).model);
  } catch {
    return '';
  }
}

async function prepareUpload({ state, provider }: BatchContext, incoming: IncomingMessage): Promise<PreparedOperation> {
  const { name, purpose, content } = await readUpload(incoming);
  const drop = (): Promise<void> => content.close();
  if (purpose === '' || name === null) {
    await drop();
    throw new RefusedOperation(400, `Missing required parameter: '${name === null ? 'file' : 'purpose'}'.`);
  }
  const [opening = ''] = await content.readLines(0, 1);
  return {
    model: modelOf(opening), contains: `${name}\n${opening}`, body: { filename: name, purpose, bytes: content.bytes }, drop,
    perform: () => {
      content.sha256();
      const file = state.jobs.addFile({ id: state.jobs.newId('file-'), provider, name, displayName: null, purpose, mimeType: 'application/jsonl', createdAt: Date.now(), content });
      return Promise.resolve({ json: openaiFile(file) });
    },
  };
}

/** Reads a multipart form with one file as a stream. */
async function readUpload(incoming: IncomingMessage): Promise<{ name: string | null; purpose: string; content: Spool }> {
  const content = new Spool();
  let name: string | null = null;
  let purpose = '';
  const contentType = incoming.headers['content-type'] ?? '';
  if (!contentType.startsWith('multipart/form-data')) throw new RefusedOperation(400, 'We expected a multipart/form-data body.');
  const form = new Busboy({ headers: { ...incoming.headers, 'content-type': contentType } });
  const written: Promise<void>[] = [];
  form.on('field', (field, value) => {
    if (field === 'purpose') purpose = value;
  });
  form.on('file', (_field, stream, fileName) => {
    name = fileName;
    written.push((async () => {
      for await (const chunk of stream) await content.write(chunk as Buffer);
    })());
  });
  try {
    await pipeline(incoming, form);
    await Promise.all(written);
  } catch {
    await content.close();
    throw new RefusedOperation(400, 'The upload was cut off, or is no multipart/form-data body.');
  }
  return { name, purpose, content };
}
