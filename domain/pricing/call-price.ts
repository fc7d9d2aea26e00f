/** What a call costs, in integer nano-USD per million tokens (1 USD per million = 1,000,000,000). */
export interface CallPrice {
  inputNanoUsdPerMillion: number;
  outputNanoUsdPerMillion: number;
  /** For input tokens read from the provider's cache; null: unknown, they are charged like other input. */
  cachedInputNanoUsdPerMillion: number | null;
  /** For reasoning tokens, which are part of the output; null or missing: they are charged like other output. */
  reasoningNanoUsdPerMillion?: number | null;
  /** Where the price was taken from. */
  source: string;
  /** When, as an ISO date. */
  date: string;
}
