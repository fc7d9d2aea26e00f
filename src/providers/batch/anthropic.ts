import Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';
import type { BatchCallOptions, BatchLine, BatchProvider, BatchResult, JobMarker, JobState, JobStatus, RenderedRequest } from '../batch-provider.js';
import { failureContext } from '../failure-context.js';
import type { LineMapping } from '../line-mapping.js';
import type { Connection } from '../provider-adapter.js';
import type { ProviderRequest } from '../provider.js';
import type { FailureContext } from '../to-provider-failure.js';
import { hasRowFor, objectOf, readResults, type RowContent, type RowForm } from './batch-results.js';
import { batchStep, download } from './batch-step.js';
import { cancelUnlessEnded } from './cancel-unless-ended.js';
import { spoolInput } from './spool-input.js';
import { transferFetch } from './transfer-fetch.js';

/** A job may be dated a little before we began to create it: clocks differ. */
const clockSkewMs = 60_000;

const counts = z.object({ processing: z.number(), succeeded: z.number(), errored: z.number(), canceled: z.number(), expired: z.number() });
const wireJob = z.object({
  id: z.string(),
  processing_status: z.string(),
  request_counts: counts,
  created_at: z.string().nullish(),
  cancel_initiated_at: z.string().nullish(),
  results_url: z.string().nullish(),
});

/** Anthropic's Message Batches: the lines travel with the creation, and a job carries no mark of ours (https://platform.claude.com/docs/en/build-with-claude/batch-processing; read 2026-11). */
export class AnthropicBatch implements BatchProvider {
  readonly limits = { lines: 100_000, bytes: 256_000_000, oneModel: false };
  private readonly client: Anthropic;
  private readonly context: FailureContext;

  constructor(connection: Connection, private readonly mapping: LineMapping) {
    const { baseUrl, apiKey, headers } = connection;
    // The lines are of the version that the SDK speaks, whichever the vendor's client would name; it adds the version to the address, the SDK does not.
    const speaking = { 'anthropic-version': '2023-06-01', 'x-api-key': apiKey ?? '', authorization: null };
    this.client = new Anthropic({ baseURL: baseUrl.replace(/\/v\d+$/, ''), apiKey, authToken: null, defaultHeaders: { ...speaking, ...headers }, fetch: transferFetch, maxRetries: 0, logLevel: 'off' });
    this.context = failureContext(connection, '');
  }

  async render(request: ProviderRequest): Promise<RenderedRequest> {
    const { headers, body, droppedParameters } = await this.mapping.render(request);
    return { endpoint: headers['anthropic-beta'] ?? '', body: withClientsJsonRenamed(request, body), droppedParameters };
  }

  upload(): Promise<null> {
    return Promise.resolve(null);
  }

  create(job: JobMarker, lines: () => AsyncIterable<BatchLine>, options: BatchCallOptions): Promise<JobStatus> {
    return this.step(options, (signal, timeout) =>
      spoolInput(bodyParts(lines()), this.limits.bytes, async (input) => {
        const headers = { 'content-type': 'application/json', 'content-length': String(input.bytes), ...(job.endpoint !== '' && { 'anthropic-beta': job.endpoint }) };
        return toStatus(await this.client.post<unknown>('/v1/messages/batches', { body: input.read(), headers, signal, timeout }));
      }),
    );
  }

  find(job: JobMarker, options: BatchCallOptions): Promise<{ status: JobStatus; certain: boolean }[]> {
    return this.step(options, async (signal, timeout) => {
      const found: { status: JobStatus; certain: boolean }[] = [];
      for await (const listed of this.client.messages.batches.list({ limit: 1000 }, { signal, timeout })) {
        const status = toStatus(listed);
        if (status.createdAt !== null && status.createdAt < job.createStartedAt - clockSkewMs) break;
        if (status.total === job.lines) found.push({ status, certain: false });
      }
      return found;
    });
  }

  status(reference: string, options: BatchCallOptions): Promise<JobStatus> {
    return this.step(options, async (signal, timeout) => toStatus(await this.client.messages.batches.retrieve(reference, null, { signal, timeout })));
  }

  results(status: JobStatus, options: BatchCallOptions): AsyncIterable<BatchResult> {
    return readResults(this.rows(status, options), rowForm, this.mapping, this.context);
  }

  confirms(status: JobStatus, lineId: string, options: BatchCallOptions): Promise<boolean> {
    return hasRowFor(lineId, this.rows(status, options), rowForm, this.context);
  }

  cancel(reference: string, options: BatchCallOptions): Promise<void> {
    return cancelUnlessEnded(
      () => this.step(options, (signal, timeout) => this.client.messages.batches.cancel(reference, null, { signal, timeout })),
      () => this.status(reference, options),
    );
  }

  // From our own address and not from `results_url`: the key goes to the configured host only.
  private async *rows(status: JobStatus, options: BatchCallOptions): AsyncGenerator<Uint8Array> {
    if (status.results === null) return;
    const path = `/v1/messages/batches/${encodeURIComponent(status.reference)}/results`;
    yield* download(this.context, options, (signal) => this.client.get(path, { signal, timeout: patience(options) }).asResponse());
  }

  private step<Result>(options: BatchCallOptions, step: (signal: AbortSignal, timeout: number) => Promise<Result>): Promise<Result> {
    return batchStep(this.context, options, (signal) => step(signal, patience(options)));
  }
}

// Our own limit comes first: the client's error for its own does not say that it was one.
function patience({ timeoutMs }: BatchCallOptions): number {
  return timeoutMs + 60_000;
}

function toStatus(job: unknown): JobStatus {
  const { id, processing_status: word, request_counts: of, created_at: createdAt, cancel_initiated_at: canceledAt, results_url: results } = wireJob.parse(job);
  return {
    reference: id,
    state: word === 'ended' ? endOf(of, Boolean(canceledAt)) : 'running',
    providerState: word,
    total: of.processing + of.succeeded + of.errored + of.canceled + of.expired,
    succeeded: of.succeeded,
    failed: of.errored + of.canceled + of.expired,
    error: null,
    results: results ? { url: results } : null,
    createdAt: createdAt ? Date.parse(createdAt) : null,
  };
}

function endOf(of: z.infer<typeof counts>, wasCanceled: boolean): JobState {
  if (wasCanceled && of.canceled > 0) return 'canceled';
  return of.expired > 0 ? 'expired' : 'completed';
}

async function* bodyParts(lines: AsyncIterable<BatchLine>): AsyncGenerator<string> {
  yield '{"requests":[';
  let separator = '';
  for await (const { id, body } of lines) {
    yield `${separator}{"custom_id":${JSON.stringify(id)},"params":${JSON.stringify(body)}}`;
    separator = ',';
  }
  yield ']}';
}

/**
 * The SDK has older models give their JSON through a forced tool `json`, and reads the answer by remembering that it did. A result row comes without its request:
 * there a call of `json` is the SDK's, because a client's own tool of that name goes out under this one.
 */
const clientsJson = 'conclave_client_json';

function withClientsJsonRenamed({ tools = [] }: ProviderRequest, body: Record<string, unknown>): Record<string, unknown> {
  if (!tools.some(({ name }) => name === 'json')) return body;
  const renamed = (value: unknown): unknown => (objectOf(value)?.name === 'json' ? { ...objectOf(value), name: clientsJson } : value);
  const messages = listOf(body.messages).map((message) => ({ ...objectOf(message), content: listOf(objectOf(message)?.content).map(renamed) }));
  // The SDK's tool comes after the client's.
  const renamedTools = listOf(body.tools).map((tool, index) => (index < tools.length ? renamed(tool) : tool));
  return { ...body, messages, tools: renamedTools, ...(body.tool_choice !== undefined && { tool_choice: renamed(body.tool_choice) }) };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

const rowForm: RowForm = {
  id: (row) => (typeof row.custom_id === 'string' && row.custom_id !== '' ? row.custom_id : null),
  content: (row): RowContent => {
    const result = objectOf(row.result);
    if (result?.type === 'expired') return { unanswered: 'the job expired before this line was answered' };
    if (result?.type === 'canceled') return { unanswered: 'the job was canceled before this line was answered' };
    if (result?.type === 'errored') return { error: result.error };
    const message = objectOf(result?.message);
    return message === null ? null : { answer: toStored(message) };
  },
};

const reader = 'claude-sonnet-4-5';

function toStored(message: Record<string, unknown>): Extract<RowContent, { answer: unknown }>['answer'] {
  const model = typeof message.model === 'string' ? message.model : '';
  const calls = (name: string) => (block: unknown): boolean => objectOf(block)?.type === 'tool_use' && objectOf(block)?.name === name;
  const blocks = listOf(message.content);
  if (blocks.some(calls('json'))) return { model, reader, body: message, options: { responseFormat: { type: 'json', schema: {} }, providerOptions: { anthropic: { structuredOutputMode: 'jsonTool' } } } };
  if (!blocks.some(calls(clientsJson))) return { model, reader, body: message };
  return { model, reader, body: { ...message, content: blocks.map((block) => (calls(clientsJson)(block) ? { ...objectOf(block), name: 'json' } : block)) } };
}
