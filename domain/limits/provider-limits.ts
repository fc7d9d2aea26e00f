/** What an account may ask of a provider, or of one of its models; null: no limit is known. */
export interface ProviderLimits {
  requestsPerMinute: number | null;
  /** Input and output tokens together. */
  tokensPerMinute: number | null;
  /** Calls under way at the same time. */
  concurrent: number | null;
  /** Batch jobs at the provider at the same time. */
  maxInflightBatches: number | null;
  /** Input tokens of one batch job, as we estimate them. */
  maxBatchInputTokens: number | null;
}

/** The limits of a provider (`model` null) or of one of its models; null: none is known. Asked at every call, so it must be a look into memory. */
export type LimitsOf = (provider: string, model: string | null) => ProviderLimits | null;
