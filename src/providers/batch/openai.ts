import { randomUUID } from 'node:crypto';
import OpenAI from 'openai';
import { z } from 'zod';
import type { BatchCallOptions, BatchLine, BatchProvider, BatchResult, JobMarker, JobState, JobStatus, RenderedRequest } from '../batch-provider.js';
import { failureContext } from '../failure-context.js';
import type { LineMapping } from '../line-mapping.js';
import type { Connection } from '../provider-adapter.js';
import type { ProviderRequest } from '../provider.js';
import { redactMessage } from '../redact-message.js';
import { failure, type FailureContext } from '../to-provider-failure.js';
import { hasRowFor, objectOf, readResults, type RowContent, type RowForm } from './batch-results.js';
import { batchStep, download } from './batch-step.js';
import { cancelUnlessEnded } from './cancel-unless-ended.js';
import { spoolInput } from './spool-input.js';
import { transferFetch } from './transfer-fetch.js';

/** Our job's id in the metadata of theirs; a wire name. */
const jobKey = 'conclave_job';
/** A job may be dated a little before we began to create it: clocks differ. */
const clockSkewMs = 300_000;

const states: Record<string, JobState> = { completed: 'completed', failed: 'failed', expired: 'expired', cancelled: 'canceled' };

// Leniently: servers that copy the interface leave fields out, or give null.
const wireJob = z.object({
  id: z.string(),
  status: z.string(),
  created_at: z.number().nullish(),
  input_file_id: z.string().nullish(),
  output_file_id: z.string().nullish(),
  error_file_id: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  request_counts: z.object({ total: z.number(), completed: z.number(), failed: z.number() }).nullish().catch(null),
  errors: z.object({ data: z.array(z.object({ message: z.string().nullish(), line: z.number().nullish() })).nullish() }).nullish().catch(null),
});

/** OpenAI's batch interface: files with the lines of one model and one endpoint (https://platform.openai.com/docs/guides/batch; read 2026-11). Others that copy it are served too. */
export class OpenAiBatch implements BatchProvider {
  readonly limits = { lines: 50_000, bytes: 200_000_000, oneModel: true };
  private readonly client: OpenAI;
  private readonly context: FailureContext;

  constructor(private readonly connection: Connection, private readonly mapping: LineMapping) {
    const { baseUrl, apiKey, headers } = connection;
    this.client = new OpenAI({ baseURL: baseUrl, apiKey: apiKey ?? '', organization: null, project: null, defaultHeaders: { ...headers }, fetch: transferFetch, maxRetries: 0, logLevel: 'off' });
    this.context = failureContext(connection, '');
  }

  async render(request: ProviderRequest): Promise<RenderedRequest> {
    const { url, body, droppedParameters } = await this.mapping.render(request);
    return { endpoint: `/v1${url.slice(this.connection.baseUrl.length)}`, body, droppedParameters };
  }

  upload(job: JobMarker, lines: () => AsyncIterable<BatchLine>, options: BatchCallOptions): Promise<string> {
    const boundary = `conclave-${randomUUID()}`;
    return this.step(options, (signal, timeout) =>
      spoolInput(formParts(job, lines(), boundary), this.limits.bytes, async (input) => {
        const headers = { 'content-type': `multipart/form-data; boundary=${boundary}`, 'content-length': String(input.bytes) };
        const file = await this.client.post<{ id: string }>('/files', { body: input.read(), headers, signal, timeout });
        return file.id;
      }),
    );
  }

  create(job: JobMarker, _lines: () => AsyncIterable<BatchLine>, options: BatchCallOptions): Promise<JobStatus> {
    const { inputReference } = job;
    if (inputReference === null) return Promise.reject(failure('bad_request', 'its jobs need an uploaded file', this.context));
    const endpoint = job.endpoint as OpenAI.BatchCreateParams['endpoint']; // What `render` gave.
    return this.step(options, async (signal, timeout) =>
      this.toStatus(await this.client.batches.create({ input_file_id: inputReference, endpoint, completion_window: '24h', metadata: { [jobKey]: job.jobId } }, { signal, timeout })),
    );
  }

  find(job: JobMarker, options: BatchCallOptions): Promise<{ status: JobStatus; certain: boolean }[]> {
    return this.step(options, async (signal, timeout) => {
      const found: { status: JobStatus; certain: boolean }[] = [];
      const seen = new Set<string>();
      let before = 0;
      for await (const listed of this.client.batches.list({ limit: 100 }, { signal, timeout })) {
        const { id, created_at: createdAt, metadata, input_file_id: inputFile } = wireJob.parse(listed);
        // A copy of the interface may give the same page for ever, and the oldest first: what is old ends the list only where the list goes back in time.
        if (seen.has(id) || (createdAt && createdAt * 1000 < job.createStartedAt - clockSkewMs && before > createdAt)) break;
        seen.add(id);
        before = createdAt ?? 0;
        if (metadata?.[jobKey] === job.jobId || (job.inputReference !== null && inputFile === job.inputReference)) found.push({ status: this.toStatus(listed), certain: true });
      }
      return found;
    });
  }

  status(reference: string, options: BatchCallOptions): Promise<JobStatus> {
    return this.step(options, async (signal, timeout) => this.toStatus(await this.client.batches.retrieve(reference, { signal, timeout })));
  }

  async *results(status: JobStatus, options: BatchCallOptions): AsyncGenerator<BatchResult> {
    for (const file of Object.values(status.results ?? {})) yield* readResults(this.content(file, options), rowForm, this.mapping, this.context);
  }

  async confirms(status: JobStatus, lineId: string, options: BatchCallOptions): Promise<boolean> {
    for (const file of Object.values(status.results ?? {})) if (await hasRowFor(lineId, this.content(file, options), rowForm, this.context)) return true;
    return false;
  }

  cancel(reference: string, options: BatchCallOptions): Promise<void> {
    return cancelUnlessEnded(
      () => this.step(options, (signal, timeout) => this.client.batches.cancel(reference, { signal, timeout })),
      () => this.status(reference, options),
    );
  }

  private content(file: string, options: BatchCallOptions): AsyncGenerator<Uint8Array> {
    return download(this.context, options, (signal) => this.client.files.content(file, { signal, timeout: patience(options) }));
  }

  private step<Result>(options: BatchCallOptions, step: (signal: AbortSignal, timeout: number) => Promise<Result>): Promise<Result> {
    return batchStep(this.context, options, (signal) => step(signal, patience(options)));
  }

  private toStatus(job: unknown): JobStatus {
    const { id, status, request_counts: counts, errors, output_file_id: output, error_file_id: error, created_at: createdAt } = wireJob.parse(job);
    const told = (errors?.data ?? []).slice(0, 3).map(({ message, line }) => `${line ? `line ${String(line)}: ` : ''}${message ?? 'no message'}`);
    const files = { ...(output && { output }), ...(error && { error }) };
    return {
      reference: id,
      state: states[status] ?? 'running',
      providerState: status,
      total: counts?.total ?? null,
      succeeded: counts?.completed ?? null,
      failed: counts?.failed ?? null,
      error: told.length === 0 ? null : redactMessage(told.join('; '), this.context.secrets, []),
      results: Object.keys(files).length === 0 ? null : files,
      createdAt: createdAt ? createdAt * 1000 : null,
    };
  }
}

// Our own limit comes first: the client's error for its own does not say that it was one.
function patience({ timeoutMs }: BatchCallOptions): number {
  return timeoutMs + 60_000;
}

async function* formParts(job: JobMarker, lines: AsyncIterable<BatchLine>, boundary: string): AsyncGenerator<string> {
  yield `--${boundary}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n`;
  yield `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${job.jobId}.jsonl"\r\ncontent-type: application/jsonl\r\n\r\n`;
  for await (const { id, body } of lines) yield `${JSON.stringify({ custom_id: id, method: 'POST', url: job.endpoint, body })}\n`;
  yield `\r\n--${boundary}--\r\n`;
}

const rowForm: RowForm = {
  id: (row) => (typeof row.custom_id === 'string' && row.custom_id !== '' ? row.custom_id : null),
  content: (row): RowContent => {
    const response = objectOf(row.response);
    const body = objectOf(response?.body);
    const status = typeof response?.status_code === 'number' ? response.status_code : 200;
    if (response !== null && status >= 400) return { refused: { status, body: response.body } };
    const error = objectOf(row.error);
    if (error !== null) return error.code === 'batch_expired' || error.code === 'batch_cancelled' ? { unanswered: `the job ended before this line (${error.code})` } : { error: { error } };
    if (body === null) return null;
    // Read by the API that gave it, whatever the model calls itself.
    return { answer: { model: typeof body.model === 'string' ? body.model : '', reader: body.object === 'response' ? 'gpt-5' : 'gpt-4o', body } };
  },
};
