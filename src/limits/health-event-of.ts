import type { HealthEvent } from '../../domain/limits/provider-health.js';
import { ProviderFailure } from '../providers/provider-failure.js';

/** How a call ended, as the gate hears of it. `aborted`: nobody wanted its answer any more. */
export type CallEnd = { ok: true; tokens: number | null } | { ok: false; error: unknown; aborted: boolean };

/** The call it was. */
export interface EndedCall {
  startedAt: number;
  probe: boolean;
  timeoutMs: number;
}

/**
 * What the end of a call tells about its provider. Only outages (network, time-out, server error, overload) speak against it. Time-outs of calls that had little time, and what
 * went wrong before anything was sent, tell nothing.
 */
export function healthEventOf(end: CallEnd, { startedAt, probe, timeoutMs }: EndedCall, at: number, meaningfulTimeoutMs: number): HealthEvent {
  const event = { at, startedAt, probe };
  if (end.ok) return { ...event, type: 'succeeded' };
  const { error } = end;
  if (end.aborted || !(error instanceof ProviderFailure)) return { ...event, type: 'abandoned' };
  const wasTold = error.httpStatus !== undefined;
  switch (error.code) {
    case 'rate_limit':
      return { ...event, type: 'rate_limited', retryAfterMs: error.retryAfterMs ?? null };
    case 'timeout':
      return { ...event, type: wasTold || timeoutMs >= meaningfulTimeoutMs ? 'out_of_order' : 'abandoned' };
    case 'network':
    case 'server_error':
    case 'overloaded':
      return { ...event, type: 'out_of_order' };
    case 'auth':
    case 'billing':
    case 'bad_request':
    case 'not_found':
    case 'unsupported_parameter':
    case 'content_filter':
    case 'context_length':
      return { ...event, type: wasTold ? 'answered' : 'abandoned' };
    default: {
      const never: never = error.code;
      return never;
    }
  }
}
