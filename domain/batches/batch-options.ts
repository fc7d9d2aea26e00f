/** How a batch is carried out, all resolved: no default is left to the workflow. Times are milliseconds. */
export interface BatchOptions {
  /** Between two looks at a provider job; stretches to `maxPollIntervalMs` as the job grows old. */
  pollIntervalMs: number;
  maxPollIntervalMs: number;
  /** Age at which a provider job is canceled: what is done is kept, the rest goes by `onStuck`. */
  maxAgeMs: number;
  /** The rest of a job that grew too old or expired: once more as a batch, by realtime calls, or reported as failed. */
  onStuck: 'resubmit' | 'realtime' | 'fail';
  /** Attempts of one call over all jobs, and of a request to the provider. */
  maxAttempts: number;
  initialDelayMs: number;
  backoffMultiplier: number;
  /** JSON Schema that every item's answer must satisfy, after fences are stripped and values coerced; null: answers are texts. */
  schema: Record<string, unknown> | null;
  /** How often an item whose answer misses the schema is asked again. */
  validationAttempts: number;
  /** Provider jobs of this batch at one provider at the same time, besides the provider's own limit. */
  maxInflight: number;
}
