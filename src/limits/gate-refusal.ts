import type { GateRequest } from '../../domain/limits/gate.js';
import { ProviderFailure } from '../providers/provider-failure.js';
import type { Blocked } from './waiting-line.js';

/** What a call waits for: a limit with its own name in the files, or a provider that said 429. `scope` is `openai` or `openai/gpt-4o`. */
export type BlockedBy = { limit: 'requests_per_minute' | 'tokens_per_minute' | 'concurrent'; scope: string; value: number } | { limit: null; scope: string; untilAt: number };

/** No place in time: which limit it was and where to raise it. */
export function refusedByLimit(request: GateRequest, blocked: Blocked<BlockedBy> | null, patienceMs: number): ProviderFailure {
  const { provider, model } = request;
  const what = `Model '${model}' of '${provider}': not sent, as there is no place for it within ${seconds(patienceMs)}`;
  return new ProviderFailure({ code: 'rate_limit', provider, model, message: `${what}. ${reasonOf(blocked?.reason ?? null)}`, ...(blocked?.isSure ? { retryAfterMs: blocked.waitMs } : {}) });
}

/** The breaker is open. */
export function refusedByBreaker(request: GateRequest, failures: number, untilAt: number): ProviderFailure {
  const { provider, model } = request;
  const message = `Model '${model}' of '${provider}': not sent. The last ${String(failures)} calls to '${provider}' failed (network, time-out or server error), so it is left alone until ${instant(untilAt)}; then one call tries it. Choose another provider if it lasts.`;
  return new ProviderFailure({ code: 'overloaded', provider, model, message });
}

function reasonOf(reason: BlockedBy | null): string {
  if (reason === null) return 'Others were before it in line.';
  if (reason.limit === null) return `'${reason.scope}' said that it gets too many requests (HTTP 429) and is slowed down for everybody, now until ${instant(reason.untilAt)}. Lower the load or ask the provider for a higher limit.`;
  const raise = `If the account allows more, raise it under 'provider_limits' of conclave.yaml, or 'limits' in models.yaml`;
  return `The limit of '${reason.scope}' is reached: ${limitText(reason.limit, reason.value)} (${reason.limit}). ${raise}; else lower the load.`;
}

function limitText(limit: NonNullable<BlockedBy['limit']>, value: number): string {
  switch (limit) {
    case 'requests_per_minute':
      return `${String(value)} requests a minute`;
    case 'tokens_per_minute':
      return `${String(value)} tokens a minute`;
    case 'concurrent':
      return `${String(value)} calls at the same time`;
    default: {
      const never: never = limit;
      return never;
    }
  }
}

function seconds(ms: number): string {
  return `${String(Math.round(ms / 100) / 10)} s`;
}

function instant(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
