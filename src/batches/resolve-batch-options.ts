import type { BatchOptions } from '../../domain/batches/batch-options.js';
import type { ConclaveFile } from '../config/conclave-file.schema.js';
import type { BatchOptionsBody } from './create-batch.dto.js';

type Asked = Pick<
  BatchOptionsBody,
  'schema' | 'on_stuck' | 'max_age_hours' | 'poll_interval_seconds' | 'max_attempts' | 'initial_delay_seconds' | 'backoff_multiplier' | 'validation_retry' | 'max_inflight_batches'
>;

/** How a batch is carried out: what its request says, else conclave.yaml. Seconds and hours become milliseconds. */
export function resolveBatchOptions(asked: Asked, file: ConclaveFile['batches']): BatchOptions {
  const pollSeconds = asked.poll_interval_seconds ?? file.poll_interval_seconds;
  return {
    pollIntervalMs: Math.round(pollSeconds * 1_000),
    maxPollIntervalMs: Math.round(Math.max(pollSeconds, file.max_poll_interval_seconds) * 1_000),
    maxAgeMs: Math.round((asked.max_age_hours ?? file.max_age_hours) * 3_600_000),
    onStuck: asked.on_stuck ?? file.on_stuck,
    maxAttempts: asked.max_attempts ?? file.max_attempts,
    initialDelayMs: Math.round((asked.initial_delay_seconds ?? file.initial_delay_seconds) * 1_000),
    backoffMultiplier: asked.backoff_multiplier ?? file.backoff_multiplier,
    schema: asked.schema ?? null,
    validationAttempts: asked.validation_retry?.max_attempts ?? file.validation_retry.max_attempts,
    maxInflight: asked.max_inflight_batches ?? file.max_inflight_batches,
  };
}
