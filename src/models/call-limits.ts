import type { ModelRegistry } from '../config/model-registry.schema.js';
import type { OverrideValues } from './override-fields.js';
import type { CallLimits } from './model.js';

/** Limits as models.yaml and overrides write them; missing: not said, null: none. */
type WrittenLimits = OverrideValues['limits'] | NonNullable<ModelRegistry['providers'][string]['limits']>;

export const noLimits: CallLimits = { requestsPerMinute: null, tokensPerMinute: null, concurrent: null, maxInflightBatches: null, maxBatchInputTokens: null };

/** `limits` with those that are written replaced. */
export function withLimits(limits: CallLimits, written: WrittenLimits | undefined): CallLimits {
  if (written === undefined) return limits;
  const chosen = (value: number | null | undefined, before: number | null): number | null => (value === undefined ? before : value);
  return {
    requestsPerMinute: chosen(written.requests_per_minute, limits.requestsPerMinute),
    tokensPerMinute: chosen(written.tokens_per_minute, limits.tokensPerMinute),
    concurrent: chosen(written.concurrent, limits.concurrent),
    maxInflightBatches: chosen(written.max_inflight_batches, limits.maxInflightBatches),
    maxBatchInputTokens: chosen(written.max_batch_input_tokens, limits.maxBatchInputTokens),
  };
}
