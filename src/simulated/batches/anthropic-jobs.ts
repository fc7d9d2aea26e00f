import { anthropicMessages } from '../wire/anthropic-messages.js';
import { objectOf, stringOf } from '../wire/wire-format.js';
import type { JobDialect, SimulatedJob } from './job.js';

/** Anthropic's Message Batches. */
export const anthropicJobs: JobDialect = {
  vendor: 'anthropic',
  separateErrors: false,
  keepsPartial: true,
  validate: () => Promise.resolve([]),

  readLine(job, text) {
    const line = objectOf(JSON.parse(text));
    return { customId: stringOf(line.custom_id), format: anthropicMessages, path: `/${job.provider}/v1/messages`, pathModel: null, body: objectOf(line.params) };
  },

  row: (line, { status, body }) => ({ custom_id: line.customId, result: status >= 400 ? { type: 'errored', error: body } : { type: 'succeeded', message: body } }),
  unansweredRow: (line, reason) => ({ custom_id: line.customId, result: { type: reason === 'expired' ? 'expired' : 'canceled' } }),
  outputId: (job) => `${job.id}_results`,
};

/** A job as `GET /messages/batches/{id}` shows it. Its counts move only when all is done, as the vendor's do. */
export function anthropicBatch(job: SimulatedJob, baseUrl: string): unknown {
  const endedAt = job.times.completed ?? job.times.failed ?? job.times.expired ?? job.times.cancelled;
  const { total, succeeded, failed, canceled, expired } = job.counts;
  return {
    id: job.id, type: 'message_batch',
    processing_status: endedAt !== undefined ? 'ended' : job.state === 'cancelling' ? 'canceling' : 'in_progress',
    request_counts: endedAt === undefined ? { processing: total, succeeded: 0, errored: 0, canceled: 0, expired: 0 } : { processing: 0, succeeded, errored: failed, canceled, expired },
    created_at: new Date(job.createdAt).toISOString(), expires_at: new Date(job.expiresAt).toISOString(), ended_at: timeOf(endedAt), cancel_initiated_at: timeOf(job.times.cancelling), archived_at: null,
    results_url: endedAt === undefined ? null : `${baseUrl}/messages/batches/${job.id}/results`,
  };
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
