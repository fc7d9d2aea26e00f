import type { CompletionFailure } from '../../domain/chat/decision.js';
import { costInUsd } from '../../domain/pricing/cost-in-usd.js';
import { ApiError } from '../http/api-error.js';
import type { CompletionRecord } from './completion-record.js';

// The work is paid and recorded, and would fail again: SDKs are told not to repeat it.
const statuses: Record<CompletionFailure['code'], number> = {
  quorum_not_reached: 503,
  deadline_exceeded: 504,
  upstream_auth: 502,
  upstream_error: 502,
  bad_request: 400,
  context_length_exceeded: 400,
  content_filter: 400,
  canceled: 409,
  internal: 500,
};

/** A completion without an answer as the error its client gets; each missing member's cause is in the `conclave` object. */
export function outcomeError(record: CompletionRecord): ApiError {
  const failure = record.failure ?? { code: 'internal', message: 'The completion ended without an answer.', missing: [], stageReached: null };
  return new ApiError({
    status: statuses[failure.code],
    code: failure.code,
    message: failure.message,
    shouldRetry: false,
    completionId: record.id,
    details: {
      strategy: record.strategy,
      calls: record.callCount,
      cost_usd: costInUsd(record),
      cost_known: record.costKnown,
      stage_reached: failure.stageReached,
      missing: failure.missing.map((missing) => ({ stage: missing.stage, member: missing.member, code: missing.failure.code, message: missing.failure.message })),
    },
  });
}
