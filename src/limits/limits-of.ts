import type { LimitsOf, ProviderLimits } from '../../domain/limits/provider-limits.js';
import type { ConclaveFile } from '../config/conclave-file.schema.js';

/** What the registry says of limits: models.yaml and its overrides. */
interface Registry {
  limits(provider: string, model: string | null): ProviderLimits;
}

type Written = ConclaveFile['provider_limits'];

/** The limits that hold: those of `provider_limits` in conclave.yaml win over the registry's, one by one. */
export function limitsOf(written: Written, registry: Registry): LimitsOf {
  const own = new Map(Object.entries(written));
  return (provider, model) => {
    const known = registry.limits(provider, model);
    const entry = own.get(model === null ? provider : `${provider}/${model}`);
    return entry === undefined ? known : merged(known, entry);
  };
}

function merged(known: ProviderLimits, entry: Written[string]): ProviderLimits {
  const chosen = (value: number | null | undefined, before: number | null): number | null => (value === undefined ? before : value);
  return {
    requestsPerMinute: chosen(entry.requests_per_minute, known.requestsPerMinute),
    tokensPerMinute: chosen(entry.tokens_per_minute, known.tokensPerMinute),
    concurrent: chosen(entry.concurrent, known.concurrent),
    maxInflightBatches: chosen(entry.max_inflight_batches, known.maxInflightBatches),
    maxBatchInputTokens: chosen(entry.max_batch_input_tokens, known.maxBatchInputTokens),
  };
}
