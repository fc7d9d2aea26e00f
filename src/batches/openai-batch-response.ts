import { z } from 'zod';
import { isFinal } from '../../domain/batches/batch-status.js';
import type { BatchSums } from './batch-response.js';
import { batchEndpoint } from './batch-line.js';
import type { BatchRow } from './batches.store.js';

const second = z.int().nullable();

/** A batch in OpenAI's form. */
export const openaiBatchSchema = z
  .object({
    id: z.string(),
    object: z.literal('batch'),
    endpoint: z.string(),
    model: z.string().nullable(),
    errors: z.object({ object: z.literal('list'), data: z.array(z.object({ code: z.string(), line: z.int().nullable(), message: z.string(), param: z.string().nullable() })) }).nullable(),
    input_file_id: z.string(),
    completion_window: z.string(),
    status: z.enum(['validating', 'failed', 'in_progress', 'finalizing', 'completed', 'expired', 'cancelling', 'cancelled']),
    output_file_id: z.string().nullable(),
    error_file_id: z.string().nullable(),
    created_at: z.int(),
    in_progress_at: second,
    expires_at: second,
    finalizing_at: second,
    completed_at: second,
    failed_at: second,
    expired_at: second,
    cancelling_at: second,
    cancelled_at: second,
    request_counts: z.object({ total: z.int(), completed: z.int(), failed: z.int() }),
    usage: z
      .object({
        input_tokens: z.int(),
        input_tokens_details: z.object({ cached_tokens: z.int() }),
        output_tokens: z.int(),
        output_tokens_details: z.object({ reasoning_tokens: z.int() }),
        total_tokens: z.int(),
      })
      .nullable(),
    metadata: z.record(z.string(), z.string()).nullable(),
  })
  .meta({ id: 'OpenAiBatch' });
export type OpenAiBatchResponse = z.infer<typeof openaiBatchSchema>;

export const openaiBatchListSchema = z
  .object({ object: z.literal('list'), data: z.array(openaiBatchSchema), first_id: z.string().nullable(), last_id: z.string().nullable(), has_more: z.boolean() })
  .meta({ id: 'OpenAiBatchList' });
export type OpenAiBatchListResponse = z.infer<typeof openaiBatchListSchema>;

/** Reasons with which a failed batch is an expired one. */
const expiries = ['expired', 'deadline_exceeded'];
const windowMs = 24 * 3_600_000;

/** OpenAI's word for the state of a batch. */
export function openaiStatus(batch: Pick<BatchRow, 'status' | 'reason' | 'cancelRequestedAt' | 'startedAt'>): OpenAiBatchResponse['status'] {
  switch (batch.status) {
    case 'completed':
      return 'completed';
    case 'canceled':
      return 'cancelled';
    case 'failed':
      return expiries.includes(batch.reason?.code ?? '') ? 'expired' : 'failed';
    default:
      if (batch.cancelRequestedAt) return 'cancelling';
      if (batch.startedAt === null) return 'validating';
      return batch.status === 'collecting' ? 'finalizing' : 'in_progress';
  }
}

/** A batch as OpenAI's clients read it. */
export function openaiBatchBody(batch: BatchRow, { counts, usage }: BatchSums): OpenAiBatchResponse {
  const status = openaiStatus(batch);
  const ended = isFinal(batch.status) ? seconds(batch.finishedAt ?? batch.createdAt) : null;
  const at = (...states: OpenAiBatchResponse['status'][]): number | null => (states.includes(status) ? ended : null);
  const input = usage.initial.inputTokens + usage.retry.inputTokens;
  const output = usage.initial.outputTokens + usage.retry.outputTokens;
  return {
    id: batch.id,
    object: 'batch',
    endpoint: batchEndpoint,
    model: batch.defaults.model,
    errors: errorsOf(batch),
    input_file_id: batch.inputFileId,
    completion_window: '24h',
    status,
    output_file_id: batch.outputFileId,
    error_file_id: batch.errorFileId,
    created_at: seconds(batch.createdAt) ?? 0,
    in_progress_at: seconds(batch.startedAt),
    expires_at: seconds(new Date(batch.createdAt.getTime() + windowMs)),
    finalizing_at: batch.startedAt === null ? null : at('completed', 'expired'),
    completed_at: at('completed'),
    failed_at: at('failed'),
    expired_at: at('expired'),
    cancelling_at: seconds(batch.cancelRequestedAt),
    cancelled_at: at('cancelled'),
    request_counts: { total: batch.itemCount ?? 0, completed: counts.succeeded, failed: counts.failed },
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: usage.initial.cachedInputTokens + usage.retry.cachedInputTokens },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: usage.initial.reasoningTokens + usage.retry.reasoningTokens },
      total_tokens: input + output,
    },
    metadata: textsOf(batch.metadata),
  };
}

function errorsOf({ inputFaults, status, reason }: BatchRow): OpenAiBatchResponse['errors'] {
  if (inputFaults?.length) {
    const data = inputFaults.map(({ code, line, message, param, customId }) => ({ code, line, message: customId === null ? message : `'${customId.slice(0, 80)}': ${message}`, param }));
    return { object: 'list', data };
  }
  return status === 'failed' && reason ? { object: 'list', data: [{ code: reason.code, line: null, message: reason.message, param: null }] } : null;
}

function textsOf(metadata: BatchRow['metadata']): Record<string, string> | null {
  const texts = Object.entries(metadata).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []));
  return texts.length === 0 ? null : Object.fromEntries(texts);
}

function seconds(date: Date | null): number | null {
  return date === null ? null : Math.floor(date.getTime() / 1000);
}
