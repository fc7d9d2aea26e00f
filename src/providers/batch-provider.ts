import type { Usage } from '../../domain/chat/chat-request.js';
import type { ProviderRequest, ProviderResponse } from './provider-call.js';
import type { ProviderFailure } from './provider-failure.js';

/** Most that one provider job may hold. */
export interface BatchLimits {
  lines: number;
  /** Bytes of the whole input, UTF-8. */
  bytes: number;
  /** Whether all lines of a job must name one model (OpenAI). */
  oneModel: boolean;
}

/** One request as the provider's own wire has it. Jobs hold lines of one `endpoint`. */
export interface RenderedRequest {
  /** What all lines of a job must share besides the model, such as the path `/v1/chat/completions` (OpenAI) or the betas of a header (Anthropic); `''` where there is nothing. */
  endpoint: string;
  body: Record<string, unknown>;
  /** Parameters this provider or model can't take and that were left out. */
  droppedParameters: string[];
}

/** A rendered request with the id its result will carry: at most 64 of `[A-Za-z0-9_-]`. */
export interface BatchLine {
  id: string;
  body: Record<string, unknown>;
}

/** How a job is recognised at the provider after a crash. */
export interface JobMarker {
  /** Our id of the job, `pjob_…`: travels as metadata or display name where the provider has one. */
  jobId: string;
  model: string;
  endpoint: string;
  /** From `upload`; null before it and where there is nothing to upload. */
  inputReference: string | null;
  /** Number of lines and the id of the first: what is left to match by where the provider has neither (Anthropic). */
  lines: number;
  firstLineId: string;
  /** Milliseconds since the epoch just before the first attempt to create it. */
  createStartedAt: number;
}

export type JobState = 'running' | 'completed' | 'failed' | 'expired' | 'canceled';

/** A provider's job as its status endpoint tells it. `state` other than `running` is final; results may exist in every final state. */
export interface JobStatus {
  reference: string;
  state: JobState;
  /** The provider's own word, such as `finalizing`. */
  providerState: string;
  total: number | null;
  succeeded: number | null;
  failed: number | null;
  /** Why it failed as a whole; null otherwise. */
  error: string | null;
  /** What `results` needs, as the provider gave it (ids of output and error files, …); null: no results yet. */
  results: Record<string, string> | null;
  createdAt: number | null;
}

/**
 * One result row, already read by the code that reads realtime answers. A failed line has `usage` where the provider charges it all the same, as it gave an answer that is of no use; `droppedParameters` is empty, as
 * `render` told them. A line that the job's end came before is a `timeout` failure.
 */
export type BatchResult =
  | { id: string; ok: true; response: ProviderResponse; raw: string }
  | { id: string; ok: false; failure: ProviderFailure; usage?: Usage; raw: string };

export interface BatchCallOptions {
  signal: AbortSignal;
  /** Milliseconds for one step, sending its input included; passing it is a `timeout` failure. For `results` and `confirms`: for each wait for the next piece. */
  timeoutMs: number;
}

/**
 * A provider's batch interface. Every method is one step that may be repeated; each throws `ProviderFailure`, without retries of its own; what `lines` throws comes through as it is.
 * `create` is the only one that spends money: the caller writes down that it is about to, and after a crash asks `find` first.
 */
export interface BatchProvider {
  readonly limits: BatchLimits;
  /** The provider's own request for one call, by the code that realtime calls use; throws what a realtime call would for what can't be sent. */
  render(request: ProviderRequest): Promise<RenderedRequest>;
  /** Sends the input, reading `lines` as a stream; null: this provider takes the lines with `create`. */
  upload(job: JobMarker, lines: () => AsyncIterable<BatchLine>, options: BatchCallOptions): Promise<string | null>;
  create(job: JobMarker, lines: () => AsyncIterable<BatchLine>, options: BatchCallOptions): Promise<JobStatus>;
  /**
   * Jobs at the provider that are, or may be, this one: `certain` where a mark proves it, else matched by time and count and to be confirmed by a line's id
   * once results exist (`confirms`). Newest first.
   */
  find(job: JobMarker, options: BatchCallOptions): Promise<{ status: JobStatus; certain: boolean }[]>;
  status(reference: string, options: BatchCallOptions): Promise<JobStatus>;
  /** Every result row there is, in the provider's order, as a stream; rows that can't be read are failures of their line, or skipped where they name none. */
  results(status: JobStatus, options: BatchCallOptions): AsyncIterable<BatchResult>;
  /** Whether the results hold a row of this line: what tells jobs apart that `find` was not certain of. */
  confirms(status: JobStatus, lineId: string, options: BatchCallOptions): Promise<boolean>;
  /** Asks to cancel; a job that has ended already is no failure. */
  cancel(reference: string, options: BatchCallOptions): Promise<void>;
}
