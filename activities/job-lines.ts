import type { JobLine } from '../src/batches/job-lines.store.js';
import type { JobAtWork } from '../src/batches/provider-jobs.store.js';
import type { BatchLine, BatchProvider } from '../src/providers/batch-provider.js';
import type { ProviderRequest } from '../src/providers/provider.js';
import { withoutImages } from './adapt-request.js';
import { composeRequest, conversationOf, requestHashOf } from './compose-request.js';
import type { JobParts } from './job-parts.js';

/** Lines read at once: a conversation may be long, so few. */
const pageSize = 100;

/**
 * The id of a call as a line of a job: at most 36 of the 64 characters that providers allow. The job is part of it, because calls are numbered from 1 in every database: two that share a
 * key at a provider must not take each other's results for their own.
 */
export function lineId(callId: string, jobId: string): string {
  return `c${callId}-${markOf(jobId)}`;
}

/** The `batch_calls` row that a result of the job names; null: no line of this job has such an id. */
export function callIdOf(id: string, jobId: string): string | null {
  const [, callId, mark] = /^c([1-9]\d{0,17})-(.+)$/.exec(id) ?? [];
  return callId !== undefined && mark === markOf(jobId) ? callId : null;
}

function markOf(jobId: string): string {
  return jobId.slice(-16);
}

/** A line's request as its model can take it, and its hash for the ledger. */
export function lineRequest(parts: Pick<JobParts, 'acceptsImages'>, { input, request: asked }: Pick<JobLine, 'input' | 'request'>): { request: ProviderRequest; requestHash: string; dropped: string[] } {
  const conversation = conversationOf(asked);
  const composed = composeRequest(input, conversation);
  const { request, dropped } = parts.acceptsImages(input.model.provider, input.model.model) ? { request: composed, dropped: [] } : withoutImages(composed);
  return { request, requestHash: requestHashOf(input, request, conversation), dropped };
}

/** A job's lines in the provider's own form, read and rendered one after the other: a job is never in memory. */
export async function* renderLines(parts: JobParts, batch: BatchProvider, job: JobAtWork): AsyncGenerator<BatchLine> {
  for await (const line of parts.lines.stream(job.id, pageSize)) {
    const { body } = await batch.render(lineRequest(parts, line).request);
    yield { id: lineId(line.id, job.id), body };
  }
}
