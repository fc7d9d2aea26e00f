import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { BatchCallOptions, BatchLine, BatchProvider, BatchResult, JobMarker, JobState, JobStatus, RenderedRequest } from '../batch-provider.js';
import { failureContext } from '../failure-context.js';
import type { LineMapping } from '../line-mapping.js';
import type { Connection } from '../provider-adapter.js';
import { ProviderFailure } from '../provider-failure.js';
import type { ProviderRequest } from '../provider.js';
import { redactMessage } from '../redact-message.js';
import { failure, type FailureContext } from '../to-provider-failure.js';
import { hasRowFor, objectOf, readResults, type RowContent, type RowForm } from './batch-results.js';
import { batchStep, download } from './batch-step.js';
import { cancelUnlessEnded } from './cancel-unless-ended.js';
import { spoolInput } from './spool-input.js';
import { transferFetch } from './transfer-fetch.js';

const states: Record<string, JobState> = { SUCCEEDED: 'completed', PARTIALLY_SUCCEEDED: 'completed', FAILED: 'failed', CANCELLED: 'canceled', EXPIRED: 'expired' };

const count = z.coerce.number().nullish().catch(null); // int64s come as texts.
const rpcError = z.object({ code: z.number().nullish(), message: z.string().nullish() }).nullish().catch(null);
const output = z.object({ responsesFile: z.string().nullish() }).nullish().catch(null);
const operation = z.object({
  name: z.string(),
  done: z.boolean().nullish(),
  error: rpcError,
  response: output,
  metadata: z
    .object({
      displayName: z.string().nullish(),
      state: z.string().nullish(),
      createTime: z.string().nullish(),
      output,
      batchStats: z.object({ requestCount: count, successfulRequestCount: count, failedRequestCount: count }).nullish().catch(null),
    })
    .nullish(),
});
const page = z.object({ operations: z.array(operation).nullish(), nextPageToken: z.string().nullish() });
const uploaded = z.object({ file: z.object({ name: z.string() }) });

/** More pages than this are a provider's mistake. */
const mostPages = 100;

/**
 * Gemini's batch mode: a file of `{"key", "request"}` lines for one model; the job's display name is ours (https://ai.google.dev/gemini-api/docs/batch-api; read 2026-11).
 * Seven plain requests: Google's client hides a job's counts and errors, can't stream results and repeats uploads by itself (docs/decisions/2026-11-21-batch-transport.md).
 */
export class GeminiBatch implements BatchProvider {
  /** Google bounds the file (2 GB) and not the lines; what is given here keeps a job's upload and collection within minutes. */
  readonly limits = { lines: 100_000, bytes: 1_000_000_000, oneModel: true };
  private readonly context: FailureContext;

  constructor(private readonly connection: Connection, private readonly mapping: LineMapping, private readonly uploadRetryDelaysMs: readonly number[] = [2_000, 8_000]) {
    this.context = failureContext(connection, '');
  }

  async render(request: ProviderRequest): Promise<RenderedRequest> {
    const { body, droppedParameters } = await this.mapping.render(request);
    return { endpoint: '', body, droppedParameters };
  }

  /** An upload is at times answered with a 400 INVALID_ARGUMENT that means nothing and passes: it is tried again, a few times. */
  upload(job: JobMarker, lines: () => AsyncIterable<BatchLine>, options: BatchCallOptions): Promise<string> {
    return batchStep(this.context, options, (signal) =>
      spoolInput(inputLines(lines()), this.limits.bytes, async (input) => {
        for (const delayMs of [...this.uploadRetryDelaysMs, null]) {
          try {
            return await batchStep(this.context, { ...options, signal }, () => this.send(job, input, signal));
          } catch (error) {
            if (delayMs === null || !(error instanceof ProviderFailure) || error.httpStatus !== 400 || error.code !== 'bad_request') throw error;
            await pause(delayMs, undefined, { signal });
          }
        }
        throw new Error('unreachable: the last attempt throws or returns');
      }),
    );
  }

  create(job: JobMarker, _lines: () => AsyncIterable<BatchLine>, options: BatchCallOptions): Promise<JobStatus> {
    const { inputReference, model } = job;
    if (inputReference === null) return Promise.reject(failure('bad_request', 'its jobs need an uploaded file', this.context));
    const batch = { displayName: job.jobId, inputConfig: { fileName: inputReference } };
    return batchStep(this.context, options, async (signal) => this.toStatus(await this.json(`/models/${encodeURIComponent(model)}:batchGenerateContent`, signal, { batch })));
  }

  find(job: JobMarker, options: BatchCallOptions): Promise<{ status: JobStatus; certain: boolean }[]> {
    return batchStep(this.context, options, async (signal) => {
      const found: { status: JobStatus; certain: boolean }[] = [];
      let token: string | null = '';
      for (let count = 0; token !== null && count < mostPages; count += 1) {
        const read: z.infer<typeof page> = page.parse(await this.json(`/batches?pageSize=100${token === '' ? '' : `&pageToken=${encodeURIComponent(token)}`}`, signal));
        for (const listed of read.operations ?? []) if (listed.metadata?.displayName === job.jobId) found.push({ status: this.toStatus(listed), certain: true });
        token = read.nextPageToken ? read.nextPageToken : null;
      }
      // What is not known to be missing must not be created again.
      if (token !== null && found.length === 0) throw failure('server_error', `its list of jobs has more than ${String(mostPages)} pages, and none of these has the job`, this.context);
      return found.sort((one, other) => (other.status.createdAt ?? 0) - (one.status.createdAt ?? 0));
    });
  }

  status(reference: string, options: BatchCallOptions): Promise<JobStatus> {
    return batchStep(this.context, options, async (signal) => this.toStatus(await this.json(`/${reference}`, signal)));
  }

  results(status: JobStatus, options: BatchCallOptions): AsyncIterable<BatchResult> {
    return readResults(this.rows(status, options), rowForm, this.mapping, this.context);
  }

  confirms(status: JobStatus, lineId: string, options: BatchCallOptions): Promise<boolean> {
    return hasRowFor(lineId, this.rows(status, options), rowForm, this.context);
  }

  cancel(reference: string, options: BatchCallOptions): Promise<void> {
    return cancelUnlessEnded(
      () => batchStep(this.context, options, (signal) => this.json(`/${reference}:cancel`, signal, {})),
      () => this.status(reference, options),
    );
  }

  // Google's resumable upload, in one piece. The address it is sent to comes from the answer and carries its own permission: the key stays here.
  private async send(job: JobMarker, input: { bytes: number; read(): ReadableStream<Uint8Array> }, signal: AbortSignal): Promise<string> {
    const [, root, version] = /^(.*)\/(v[^/]+)$/.exec(this.connection.baseUrl) ?? [null, this.connection.baseUrl, 'v1beta'];
    const start = await transferFetch(`${root}/upload/${version}/files`, {
      method: 'POST',
      headers: { ...this.headers(), 'x-goog-upload-protocol': 'resumable', 'x-goog-upload-command': 'start', 'x-goog-upload-header-content-length': String(input.bytes), 'x-goog-upload-header-content-type': 'application/jsonl' },
      body: JSON.stringify({ file: { displayName: job.jobId } }),
      signal,
    });
    await start.text();
    const address = start.headers.get('x-goog-upload-url');
    if (address === null) throw failure('server_error', 'it gave no address to upload to', this.context);
    const headers = { 'content-type': 'application/jsonl', 'content-length': String(input.bytes), 'x-goog-upload-offset': '0', 'x-goog-upload-command': 'upload, finalize' };
    const response = await transferFetch(address, { method: 'POST', headers, body: input.read(), signal });
    return uploaded.parse(await response.json()).file.name;
  }

  private async *rows(status: JobStatus, options: BatchCallOptions): AsyncGenerator<Uint8Array> {
    const file = status.results?.output;
    if (file === undefined) return;
    yield* download(this.context, options, (signal) => transferFetch(`${this.connection.baseUrl}/${file}:download?alt=media`, { headers: this.headers(), signal }));
  }

  private async json(path: string, signal: AbortSignal, body?: object): Promise<unknown> {
    const response = await transferFetch(`${this.connection.baseUrl}${path}`, { method: body === undefined ? 'GET' : 'POST', headers: this.headers(), signal, ...(body !== undefined && { body: JSON.stringify(body) }) });
    return response.json();
  }

  private headers(): Record<string, string> {
    return { 'content-type': 'application/json', 'x-goog-api-key': this.connection.apiKey ?? '', ...this.connection.headers };
  }

  private toStatus(answer: unknown): JobStatus {
    const { name, done, error, response, metadata } = operation.parse(answer);
    const word = metadata?.state ?? '';
    const file = metadata?.output?.responsesFile ?? response?.responsesFile;
    const stats = metadata?.batchStats;
    const unnamed: JobState = done === true ? (error ? 'failed' : 'completed') : 'running';
    return {
      reference: name,
      state: states[word.replace(/^(JOB|BATCH)_STATE_/, '')] ?? unnamed,
      providerState: word,
      total: stats?.requestCount ?? null,
      succeeded: stats ? (stats.successfulRequestCount ?? 0) : null,
      failed: stats ? (stats.failedRequestCount ?? 0) : null,
      error: error?.message ? redactMessage(error.message, this.context.secrets, []) : null,
      results: file ? { output: file } : null,
      createdAt: metadata?.createTime ? Date.parse(metadata.createTime) : null,
    };
  }
}

async function* inputLines(lines: AsyncIterable<BatchLine>): AsyncGenerator<string> {
  for await (const { id, body } of lines) yield `${JSON.stringify({ key: id, request: body })}\n`;
}

/** Codes of google.rpc.Code, which a row's error may carry instead of an HTTP status (https://cloud.google.com/apis/design/errors). */
const canceledRpcCode = 1;
const statusOfRpcCode: Record<number, number> = { 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 12: 501, 13: 500, 14: 503, 15: 500, 16: 401 };

const rowForm: RowForm = {
  id: (row) => {
    const key = row.key ?? objectOf(row.metadata)?.key;
    return typeof key === 'string' && key !== '' ? key : null;
  },
  content: (row): RowContent => {
    const body = objectOf(row.response);
    const error = objectOf(row.error) ?? objectOf(row.status);
    if (error !== null) {
      const code = typeof error.code === 'number' ? error.code : 500;
      if (code === canceledRpcCode) return { unanswered: 'the job ended before this line was answered' };
      return { refused: { status: statusOfRpcCode[code] ?? code, body: { error } } };
    }
    return body === null ? null : { answer: { model: typeof body.modelVersion === 'string' ? body.modelVersion : '', reader: 'gemini-2.5-flash', body } };
  },
};
