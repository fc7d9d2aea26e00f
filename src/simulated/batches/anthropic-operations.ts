import type { IncomingMessage } from 'node:http';
import { objectOf, stringOf } from '../wire/wire-format.js';
import { anthropicBatch, anthropicJobs } from './anthropic-jobs.js';
import { cancelJob, createJob, isEnded } from './create-job.js';
import { JsonArraySplitter } from './json-array-splitter.js';
import { lookUp } from './openai-operations.js';
import { limitOf, pageAfter, RefusedOperation, type BatchContext, type OperationRequest, type PreparedOperation } from './operation.js';
import { Spool } from './spool.js';

const mostRequests = 100_000;
const mostBytes = 256 * 1024 * 1024;

/** Reads a request on Anthropic's message batches. */
export async function prepareAnthropic(context: BatchContext, { operation, incoming, query }: OperationRequest): Promise<PreparedOperation> {
  const { state, provider, baseUrl } = context;
  if (operation.name === 'batches.create') return prepareCreate(context, incoming);
  if (operation.name === 'batches.list') return lookUp(null, () => list(context, query));
  const job = state.jobs.job(provider, operation.id);
  if (!job) throw new RefusedOperation(404, `Message batch ${operation.id} not found.`);
  if (operation.name === 'batches.results') {
    if (!isEnded(job)) throw new RefusedOperation(404, `Message batch ${job.id} has no results yet: it is still being processed.`);
    return { ...lookUp(job, () => null), perform: () => Promise.resolve({ content: job.output?.content.content() ?? nothing(), contentType: 'application/x-jsonl' }) };
  }
  return lookUp(job, () => {
    if (operation.name === 'batches.cancel' && !cancelJob(context, job) && isEnded(job)) throw new RefusedOperation(400, `Message batch ${job.id} cannot be canceled because it has ended.`);
    if (operation.name !== 'batches.delete') return anthropicBatch(job, baseUrl);
    if (!isEnded(job)) throw new RefusedOperation(400, `Message batch ${job.id} cannot be deleted while it is being processed. Cancel it first.`);
    state.jobs.deleteJob(job);
    return { id: job.id, type: 'message_batch_deleted' };
  });
}

async function* nothing(): AsyncGenerator<Buffer> {
  // A job without any row.
}

function list({ state, provider, baseUrl }: BatchContext, query: URLSearchParams): unknown {
  const jobs = state.jobs.jobsOf(provider).filter((job) => job.dialect === anthropicJobs);
  const limit = limitOf(query, 'limit', 20, 1000);
  const before = query.get('before_id');
  const newer = before === null ? null : jobs.slice(0, Math.max(0, jobs.findIndex((job) => job.id === before)));
  const { page, hasMore } = newer ? { page: newer.slice(-limit), hasMore: newer.length > limit } : pageAfter(jobs, query.get('after_id'), limit);
  return { data: page.map((job) => anthropicBatch(job, baseUrl)), has_more: hasMore, first_id: page[0]?.id ?? null, last_id: page.at(-1)?.id ?? null };
}

async function prepareCreate(context: BatchContext, incoming: IncomingMessage): Promise<PreparedOperation> {
  const input = new Spool();
  const drop = (): Promise<void> => input.close();
  try {
    const { model, firstLine, lines } = await readRequests(incoming, input);
    return {
      model, contains: firstLine, body: { requests: lines, first: firstLine.slice(0, 2000) }, drop,
      perform: async () => {
        input.sha256();
        const id = context.state.jobs.newId('msgbatch_');
        const job = await createJob(context, { id, model, endpoint: '', name: null, metadata: null, input, inputFileId: null, inline: false, dialect: anthropicJobs });
        return { json: anthropicBatch(job, context.baseUrl) };
      },
    };
  } catch (error) {
    await drop();
    throw error;
  }
}

/** Takes the requests out of the body while it arrives; the first fault is told once all of it is there. */
async function readRequests(incoming: IncomingMessage, input: Spool): Promise<{ model: string; firstLine: string; lines: number }> {
  const splitter = new JsonArraySplitter('requests');
  const seen = new Set<string>();
  let fault: RefusedOperation | null = null;
  let model = '';
  let firstLine = '';
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += (chunk as Buffer).length;
    if (bytes > mostBytes) fault ??= new RefusedOperation(413, `Request exceeds the maximum size of ${mostBytes} bytes.`);
    const found = splitter.push(chunk as Buffer);
    if (fault || found.length === 0) continue;
    for (const text of found) {
      const checked = check(text, seen);
      if (checked.fault) fault ??= checked.fault;
      else if (firstLine === '') [model, firstLine] = [checked.model, text];
    }
    await input.write(Buffer.from(`${found.join('\n')}\n`));
  }
  if (fault) throw fault;
  if (!isObject(splitter.rest())) throw new RefusedOperation(400, 'The request body is not valid JSON.');
  if (seen.size === 0) throw new RefusedOperation(400, 'requests: List should have at least 1 item after validation, not 0');
  if (seen.size > mostRequests) throw new RefusedOperation(400, `requests: List should have at most ${mostRequests} items after validation, not ${seen.size}`);
  return { model, firstLine, lines: seen.size };
}

function check(text: string, seen: Set<string>): { model: string; fault: RefusedOperation | null } {
  const at = seen.size;
  let request: Record<string, unknown>;
  try {
    request = objectOf(JSON.parse(text));
  } catch {
    return { model: '', fault: new RefusedOperation(400, 'The request body is not valid JSON.') };
  }
  const { custom_id: customId, params } = request;
  const refuse = (message: string): { model: string; fault: RefusedOperation } => ({ model: '', fault: new RefusedOperation(400, message) });
  if (customId === undefined) return refuse(`requests.${at}.custom_id: Field required`);
  if (typeof customId !== 'string' || !/^[a-zA-Z0-9_-]{1,64}$/.test(customId)) return refuse(`requests.${at}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'`);
  if (seen.has(customId)) return refuse(`requests: Duplicate custom_id: ${customId}. Each custom_id must be unique within a batch.`);
  seen.add(customId);
  if (params === undefined) return refuse(`requests.${at}.params: Field required`);
  return { model: stringOf(objectOf(params).model), fault: null };
}

function isObject(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
