import { openaiChat } from '../wire/openai-chat.js';
import { openaiResponses } from '../wire/openai-responses.js';
import { objectOf, stringOf, type WireFormat } from '../wire/wire-format.js';
import type { InputFault, JobDialect, SimulatedFile, SimulatedJob } from './job.js';

/** Paths that lines may name. */
export const openaiBatchUrls: Record<string, WireFormat> = { '/v1/chat/completions': openaiChat, '/v1/responses': openaiResponses };
const mostLines = 50_000;
const mostBytes = 200 * 1024 * 1024;
const mostFaults = 20;
const linesAtOnce = 200;

/** OpenAI's batch jobs, and those of the providers that offer the same form. */
export const openaiJobs: JobDialect = {
  vendor: 'openai',
  separateErrors: true,
  keepsPartial: true,
  validate,

  readLine(job, text) {
    const line = objectOf(JSON.parse(text));
    const url = stringOf(line.url);
    return { customId: stringOf(line.custom_id), format: openaiBatchUrls[url] ?? openaiChat, path: `/${job.provider}${url}`, pathModel: null, body: objectOf(line.body) };
  },

  row: (line, { status, body, requestId }) => ({ id: rowId(line.customId), custom_id: line.customId, response: { status_code: status, request_id: requestId, body }, error: null }),

  unansweredRow: (line, reason) =>
    reason === 'expired'
      ? { id: rowId(line.customId), custom_id: line.customId, response: null, error: { code: 'batch_expired', message: 'This request could not be executed before the completion window expired.' } }
      : null,

  outputId: (job, kind) => `file-${kind}-${job.id.slice(6)}`,
};

/** A job as `GET /batches/{id}` shows it. */
export function openaiBatch(job: SimulatedJob): unknown {
  const at = (state: keyof SimulatedJob['times']): number | null => seconds(job.times[state]);
  return {
    id: job.id, object: 'batch', endpoint: job.endpoint, model: job.model,
    errors: job.faults.length > 0 ? { object: 'list', data: job.faults } : null,
    input_file_id: job.inputFileId, completion_window: job.completionWindow, status: job.state, output_file_id: job.output?.id ?? null, error_file_id: job.errors?.id ?? null,
    created_at: seconds(job.createdAt), in_progress_at: at('in_progress'), expires_at: seconds(job.expiresAt), finalizing_at: at('finalizing'), completed_at: at('completed'),
    failed_at: at('failed'), expired_at: at('expired'), cancelling_at: at('cancelling'), cancelled_at: at('cancelled'),
    request_counts: job.state === 'validating' ? { total: 0, completed: 0, failed: 0 } : { total: job.counts.total, completed: job.counts.succeeded, failed: job.counts.failed + job.counts.expired },
    metadata: job.metadata,
  };
}

/** A file as `GET /files/{id}` shows it. */
export function openaiFile(file: SimulatedFile): unknown {
  return { id: file.id, object: 'file', bytes: file.content.bytes, created_at: seconds(file.createdAt), expires_at: null, filename: file.name, purpose: file.purpose, status: 'processed', status_details: null };
}

/** The faults for which OpenAI fails a whole batch, at most twenty. */
async function validate(job: SimulatedJob): Promise<InputFault[]> {
  const total = job.counts.total;
  if (total === 0) return [{ code: 'empty_file', line: null, message: 'The batch input file is empty. Please ensure that the batch contains at least one request.', param: null }];
  if (total > mostLines) return [{ code: 'too_many_tasks', line: null, message: `The batch input file contains too many requests. The limit is ${mostLines}, but found ${total}.`, param: null }];
  if (job.input.bytes > mostBytes) return [{ code: 'file_too_large', line: null, message: `The batch input file is too large. The limit is ${mostBytes} bytes.`, param: null }];
  const faults: InputFault[] = [];
  const seen = new Set<string>();
  for (let first = 0; first < total && faults.length < mostFaults; first += linesAtOnce) {
    for (const [index, text] of (await job.input.readLines(first, Math.min(linesAtOnce, total - first))).entries()) {
      const fault = faultOf(job, text, seen);
      if (fault) faults.push({ ...fault, line: first + index + 1 });
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return faults.slice(0, mostFaults);
}

function faultOf(job: SimulatedJob, text: string, seen: Set<string>): Omit<InputFault, 'line'> | null {
  let line: Record<string, unknown>;
  try {
    line = objectOf(JSON.parse(text));
  } catch {
    return { code: 'invalid_json_line', message: 'This line is not parseable as valid JSON.', param: null };
  }
  for (const name of ['custom_id', 'method', 'url', 'body']) {
    if (line[name] === undefined || line[name] === '') return { code: 'missing_required_parameter', message: `Missing required parameter: '${name}'.`, param: name };
  }
  const customId = stringOf(line.custom_id);
  if (seen.has(customId)) return { code: 'duplicate_custom_id', message: `The custom_id for this request is a duplicate of another request. The custom_id parameter must be unique for each request in a batch.`, param: 'custom_id' };
  seen.add(customId);
  if (line.method !== 'POST') return { code: 'invalid_method', message: `Invalid method: '${stringOf(line.method)}'. Only 'POST' is supported.`, param: 'method' };
  if (line.url !== job.endpoint) return { code: 'url_mismatch', message: 'The URL provided for this request does not match the batch endpoint.', param: 'url' };
  const model = stringOf(objectOf(line.body).model);
  if (model === '') return { code: 'missing_required_parameter', message: "Missing required parameter: 'body.model'.", param: 'body.model' };
  if (model !== job.model) {
    return { code: 'model_mismatch', message: `The provided model '${model}' does not match the rest of the batch, which uses '${job.model}'. Each batch must contain requests for a single model.`, param: 'body.model' };
  }
  return null;
}

function rowId(customId: string): string {
  return `batch_req_${Buffer.from(customId).toString('hex').slice(-24)}`;
}

function seconds(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.floor(ms / 1000);
}
