/** How a provider has been answering, as all workers together saw it. Times are milliseconds since the epoch, 0: never or not. */
export interface ProviderHealth {
  /** No call before this: it asked for a pause. */
  pausedUntil: number;
  /** Least time between two calls of all workers; 0: none. */
  spacingMs: number;
  /** With a spacing: no call before this. */
  nextCallAt: number;
  /** The last 429 that slowed it down. Calls that began before it know nothing new. */
  slowedAt: number;
  /** Failures of a provider that is out of order, since its last answer. */
  failures: number;
  failingSince: number;
  /** The breaker: open until then, and beyond it until a probe succeeds; 0: closed. */
  openUntil: number;
  /** How long it was opened the last time. */
  openMs: number;
  /** A probe is under way until then at the latest. */
  probeUntil: number;
}

/** The numbers behind it; a reason stands beside each where they are named. */
export interface HealthPolicy {
  /** Pause after a 429 without Retry-After, and the longest that a Retry-After stops everybody. */
  pause: { defaultMs: number; longestMs: number };
  /** Spacing after the first 429; the factor of each further one, and of each success; bounds. Without a 429 for `forgetAfterMs` there is none. */
  spacing: { firstMs: number; slowDown: number; speedUp: number; longestMs: number; forgetAfterMs: number };
  /** Failures in a row, over at least `spanMs`, that open the breaker; how long, first and at most (it doubles with each probe that fails). */
  breaker: { failures: number; spanMs: number; openMs: number; longestOpenMs: number };
  /** A call that we gave less time than this says nothing about the provider when it runs out. */
  meaningfulTimeoutMs: number;
}

/**
 * What happened. `startedAt`: when the call began; `probe`: it was the breaker's probe. `answered`: a refusal that shows a provider at work (auth, bad_request, …);
 * `abandoned`: nothing was learned. `turn` and `probe` claim the next turn of a slowed provider and the probe of an open breaker.
 */
export type HealthEvent =
  | { type: 'succeeded' | 'answered' | 'out_of_order' | 'abandoned'; at: number; startedAt: number; probe: boolean }
  | { type: 'rate_limited'; at: number; startedAt: number; probe: boolean; retryAfterMs: number | null }
  | { type: 'turn'; at: number }
  | { type: 'probe'; at: number; untilAt: number };

/** Whether a call may be made now: `go`; `turn` and `probe`: once that is claimed; `wait`: not before `untilAt`; `open`: not at all, the breaker is open. */
export type Admission = { to: 'go' | 'turn' | 'probe' } | { to: 'wait' | 'open'; untilAt: number };

/** A provider of which nothing is known. */
export const healthy: ProviderHealth = { pausedUntil: 0, spacingMs: 0, nextCallAt: 0, slowedAt: 0, failures: 0, failingSince: 0, openUntil: 0, openMs: 0, probeUntil: 0 };

/** Whether a call may be made now. */
export function admission(health: ProviderHealth, policy: HealthPolicy, at: number): Admission {
  if (health.openUntil > 0) {
    const untilAt = Math.max(health.openUntil, health.probeUntil);
    return at < untilAt ? { to: 'open', untilAt } : { to: 'probe' };
  }
  if (at < health.pausedUntil) return { to: 'wait', untilAt: health.pausedUntil };
  if (spacingAt(health, policy, at) === 0) return { to: 'go' };
  return at < health.nextCallAt ? { to: 'wait', untilAt: health.nextCallAt } : { to: 'turn' };
}

/** Least milliseconds between two calls now; 0: the provider is not slowed down. */
export function spacingAt(health: ProviderHealth, policy: HealthPolicy, at: number): number {
  return at - health.slowedAt >= policy.spacing.forgetAfterMs ? 0 : health.spacingMs;
}

/** The health after an event; the same object where it changes nothing, such as a claim that somebody else was faster with. */
export function afterEvent(health: ProviderHealth, event: HealthEvent, policy: HealthPolicy): ProviderHealth {
  switch (event.type) {
    case 'turn':
      return admission(health, policy, event.at).to === 'turn' ? { ...health, nextCallAt: event.at + health.spacingMs } : health;
    case 'probe':
      return admission(health, policy, event.at).to === 'probe' ? { ...health, probeUntil: event.untilAt } : health;
    case 'abandoned':
      return event.probe && health.probeUntil > 0 ? { ...health, probeUntil: 0 } : health;
    case 'succeeded':
      return faster(answering(health, event), event, policy);
    case 'answered':
      return answering(health, event);
    case 'rate_limited':
      return slower(answering(health, event), event, policy);
    case 'out_of_order':
      return failing(health, event, policy);
    default: {
      const never: never = event;
      return never;
    }
  }
}

// Only a probe closes an open breaker: other calls began before it opened.
function answering(health: ProviderHealth, event: { probe: boolean }): ProviderHealth {
  if (health.openUntil > 0) return event.probe ? { ...health, failures: 0, failingSince: 0, openUntil: 0, openMs: 0, probeUntil: 0 } : health;
  return health.failures === 0 ? health : { ...health, failures: 0, failingSince: 0 };
}

function faster(health: ProviderHealth, event: { at: number; startedAt: number }, { spacing }: HealthPolicy): ProviderHealth {
  if (health.spacingMs === 0 || event.startedAt < health.slowedAt) return health;
  const spacingMs = health.spacingMs * spacing.speedUp;
  return { ...health, spacingMs: spacingMs < spacing.firstMs / 2 ? 0 : Math.round(spacingMs) };
}

// Calls that were under way together are refused together: only the first of them slows down, all may prolong the pause.
function slower(health: ProviderHealth, event: { at: number; startedAt: number; retryAfterMs: number | null }, policy: HealthPolicy): ProviderHealth {
  const { pause, spacing } = policy;
  const pausedUntil = Math.max(health.pausedUntil, event.at + Math.min(event.retryAfterMs ?? pause.defaultMs, pause.longestMs));
  if (event.startedAt < health.slowedAt) return pausedUntil === health.pausedUntil ? health : { ...health, pausedUntil };
  const spacingMs = Math.min(Math.max(spacing.firstMs, spacingAt(health, policy, event.at) * spacing.slowDown), spacing.longestMs);
  return { ...health, pausedUntil, spacingMs, slowedAt: event.at };
}

function failing(health: ProviderHealth, event: { at: number; probe: boolean }, { breaker }: HealthPolicy): ProviderHealth {
  if (health.openUntil > 0) {
    if (!event.probe) return health;
    const openMs = Math.min(health.openMs * 2, breaker.longestOpenMs);
    return { ...health, failures: health.failures + 1, openUntil: event.at + openMs, openMs, probeUntil: 0 };
  }
  const failures = health.failures + 1;
  const failingSince = health.failures === 0 ? event.at : health.failingSince;
  if (failures < breaker.failures || event.at - failingSince < breaker.spanMs) return { ...health, failures, failingSince };
  return { ...health, failures, failingSince, openUntil: event.at + breaker.openMs, openMs: breaker.openMs, probeUntil: 0 };
}
