import type { JobLine } from '../src/batches/job-lines.store.js';
import type { JobAtWork } from '../src/batches/provider-jobs.store.js';
import type { BatchLine, BatchProvider } from '../src/providers/batch-provider.js';
import type { ProviderRequest } from '../src/providers/provider.js';
import { withoutImages } from './adapt-request.js';
import { composeRequest, conversationOf, requestHashOf } from './compose-request.js';
import type { JobParts } from './job-parts.js';

/** Lines read at once: a conversation may be long, so few. */
const pageSize = 100;

/** The id of a line at a provider, at most 20 of the 64 characters that providers allow. */
export function lineId(callId: string): string {
  return `c${callId}`;
}

/** The `batch_calls` row that a result names; null: none of ours has such an id. */
export function callIdOf(id: string): string | null {
  return /^c([1-9]\d{0,17})$/.exec(id)?.[1] ?? null;
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
    yield { id: lineId(line.id), body };
  }
}
