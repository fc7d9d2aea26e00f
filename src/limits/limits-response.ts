import { z } from 'zod';
import { admission, spacingAt } from '../../domain/limits/provider-health.js';
import type { HealthPolicy, ProviderHealth } from '../../domain/limits/provider-health.js';
import type { ProviderLimits } from '../../domain/limits/provider-limits.js';

const limit = z.object({ limit: z.int(), used: z.int() }).nullable();
const limits = z.object({
  requests_per_minute: limit.describe('null: no limit. Used in the last 60 to 70 seconds, by all workers'),
  tokens_per_minute: limit.describe('Input and output; calls under way count with all they may use'),
  concurrent: limit.describe('Calls under way'),
  max_inflight_batches: limit.describe('Batch jobs at the provider'),
});
const instant = z.string().nullable();

/** What holds for the calls to one provider. */
const providerLimitsSchema = z
  .object({
    provider: z.string(),
    is_configured: z.boolean(),
    state: z.enum(['ok', 'slowed_down', 'out_of_order']).describe('slowed_down: it answered 429; out_of_order: its circuit breaker is open'),
    limits,
    models: z.array(z.object({ model: z.string(), limits })).describe('Models with limits of their own'),
    slowed_until: instant.describe('No call before; null: no pause'),
    spacing_ms: z.number().describe('Least time between two calls of all workers; 0: none. Shrinks with each success'),
    breaker: z.object({
      state: z.enum(['closed', 'open', 'half_open']).describe('half_open: the next call, or the one under way, tries it'),
      failures: z.int().describe('Outages in a row'),
      open_until: instant,
    }),
  })
  .meta({ id: 'ProviderLimits' });
export const providerLimitsListSchema = z.object({ data: z.array(providerLimitsSchema) }).meta({ id: 'ProviderLimitsList' });
export type ProviderLimitsBody = z.infer<typeof providerLimitsSchema>;
type LimitsBody = z.infer<typeof limits>;

/** How much of each limit is in use. */
export interface LimitsInUse {
  requests: number;
  tokens: number;
  calls: number;
  batches: number;
}

/** Limits with what is in use of them. */
export function limitsBody(allowed: ProviderLimits, used: LimitsInUse): LimitsBody {
  const of = (value: number | null, inUse: number) => (value === null ? null : { limit: value, used: inUse });
  return {
    requests_per_minute: of(allowed.requestsPerMinute, used.requests),
    tokens_per_minute: of(allowed.tokensPerMinute, used.tokens),
    concurrent: of(allowed.concurrent, used.calls),
    max_inflight_batches: of(allowed.maxInflightBatches, used.batches),
  };
}

/** How a provider answers, as the API shows it. */
export function healthBody(health: ProviderHealth, policy: HealthPolicy, at: number): Pick<ProviderLimitsBody, 'state' | 'slowed_until' | 'spacing_ms' | 'breaker'> {
  const isOpen = health.openUntil > 0;
  const spacingMs = spacingAt(health, policy, at);
  const isPaused = health.pausedUntil > at;
  const isHalfOpen = isOpen && (health.probeUntil > at || admission(health, policy, at).to === 'probe');
  return {
    state: isOpen ? 'out_of_order' : isPaused || spacingMs > 0 ? 'slowed_down' : 'ok',
    slowed_until: isPaused ? instantOf(health.pausedUntil) : null,
    spacing_ms: spacingMs,
    breaker: { state: isHalfOpen ? 'half_open' : isOpen ? 'open' : 'closed', failures: health.failures, open_until: isOpen ? instantOf(health.openUntil) : null },
  };
}

function instantOf(at: number): string {
  return new Date(at).toISOString();
}
