import type { Usage } from '../chat/chat-request.js';
import type { CallPrice } from './call-price.js';

/**
 * The cost of one call in integer nano-USD, rounded once (half up); null where tokens or price are unknown. Cached tokens are part of the
 * input, reasoning tokens part of the output; both have their own price where there is one. Exact for any count: sums are big integers.
 * @example costOfCall({ inputTokens: 1000, outputTokens: 500, cachedInputTokens: 0, reasoningTokens: 0 }, { inputNanoUsdPerMillion: 150_000_000, outputNanoUsdPerMillion: 600_000_000, cachedInputNanoUsdPerMillion: null, source: '', date: '' }) === 450_000
 */
export function costOfCall(usage: Usage | null, price: CallPrice | null): number | null {
  if (usage === null || price === null) return null;
  const cached = Math.min(usage.cachedInputTokens, usage.inputTokens);
  const reasoning = Math.min(usage.reasoningTokens, usage.outputTokens);
  const sum =
    BigInt(usage.inputTokens - cached) * BigInt(price.inputNanoUsdPerMillion) +
    BigInt(cached) * BigInt(price.cachedInputNanoUsdPerMillion ?? price.inputNanoUsdPerMillion) +
    BigInt(usage.outputTokens - reasoning) * BigInt(price.outputNanoUsdPerMillion) +
    BigInt(reasoning) * BigInt(price.reasoningNanoUsdPerMillion ?? price.outputNanoUsdPerMillion);
  return Number((sum + 500_000n) / 1_000_000n);
}
