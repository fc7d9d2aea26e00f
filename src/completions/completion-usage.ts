import type { CompletionRecord } from './completion-record.js';

/** Tokens as an answer states them. `hiddenOutputTokens` are those of `outputTokens` that nobody sees in the answer. */
export interface StatedUsage {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  hiddenOutputTokens: number;
}

/**
 * `billing` sums every call, and what was generated but is not the answer counts as hidden; `client` is the final stage alone, for
 * clients that measure their context by it.
 */
export function statedUsage(record: CompletionRecord): StatedUsage {
  // The record keeps these two for all calls together, so only a single call's are known to be the final stage's.
  const single = record.callCount === 1;
  const finalReasoning = single ? Math.min(record.reasoningTokens, record.finalOutputTokens) : 0;
  if (record.usageMode === 'client') {
    return {
      inputTokens: record.finalInputTokens,
      outputTokens: record.finalOutputTokens,
      cachedInputTokens: single ? Math.min(record.cachedInputTokens, record.finalInputTokens) : 0,
      hiddenOutputTokens: finalReasoning,
    };
  }
  return {
    inputTokens: record.inputTokens,
    outputTokens: record.outputTokens,
    cachedInputTokens: record.cachedInputTokens,
    hiddenOutputTokens: Math.max(0, record.outputTokens - record.finalOutputTokens) + finalReasoning,
  };
}
