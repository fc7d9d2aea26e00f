import type { LimitResult } from './request-limits.service.js';

/** The headers that tell a caller its limit, in OpenAI's form: `x-ratelimit-reset-requests` is a duration such as `1m0s` or `7s`. */
export function limitHeaders({ limit, remaining, resetMs }: LimitResult): Record<string, string> {
  const seconds = Math.ceil(resetMs / 1_000);
  return {
    'x-ratelimit-limit-requests': String(limit),
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': seconds < 60 ? `${String(seconds)}s` : `${String(Math.floor(seconds / 60))}m${String(seconds % 60)}s`,
  };
}
