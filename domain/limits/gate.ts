/** Something that is about to be asked of a provider. */
export interface GateRequest {
  provider: string;
  model: string;
  /** `call`: counts against every limit; `batch`: a request about a batch job, which only waits while the provider is slowed down or out of order. */
  kind: 'call' | 'batch';
  /** Interactive calls go first, and waiting is part of their time; unattended ones leave a tenth of each limit to them. */
  priority: 'interactive' | 'unattended';
  /** Milliseconds for the whole request. Interactive: the wait included. */
  timeoutMs: number;
  /** Longest wait for a place; missing: by the policy. */
  patienceMs?: number;
  /** Ends the wait. */
  signal: AbortSignal;
  /** Tokens it will use at most, input and output; asked only where tokens are limited. */
  tokens?: () => number;
}

/**
 * Does `work` once the provider has a place for it, and learns from how it ends. `work` gets the milliseconds that are left for it; `tokensOf` tells what its result used
 * (null: unknown). Throws what `work` throws, the signal's reason, or a `ProviderFailure` of its own: `rate_limit` (no place in time; it names the limit) and `overloaded`
 * (the provider's circuit breaker is open).
 */
export type PassGate = <Result>(request: GateRequest, work: (timeoutMs: number) => Promise<Result>, tokensOf?: (result: Result) => number | null) => Promise<Result>;
