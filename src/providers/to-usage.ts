import type { LanguageModelV3Usage } from '@ai-sdk/provider';
import type { Usage } from '../../domain/chat/chat-request.js';

/** More is no count of tokens, and no column holds it. */
const mostTokens = 2 ** 31 - 1;

/**
 * Tokens as we count them: cached ones inside the input, reasoning inside the output; null where the provider told nothing, or what can't be: the SDK reads a missing count as 0,
 * and no call is without tokens.
 * Some OpenAI-compatible servers count reasoning beside the completion's tokens: more reasoning than output shows it, and both are added.
 */
export function toUsage(usage: LanguageModelV3Usage): Usage | null {
  if (usage.inputTokens.total === undefined && usage.outputTokens.total === undefined) return null;
  const input = count(usage.inputTokens.total);
  const output = count(usage.outputTokens.total);
  const reasoning = count(usage.outputTokens.reasoning);
  const all = reasoning > output ? output + reasoning : output;
  if ((input === 0 && all === 0) || input > mostTokens || all > mostTokens) return null;
  return {
    inputTokens: input,
    outputTokens: all,
    cachedInputTokens: Math.min(count(usage.inputTokens.cacheRead), input),
    reasoningTokens: reasoning,
  };
}

function count(tokens: number | undefined): number {
  return tokens !== undefined && Number.isFinite(tokens) ? Math.max(0, Math.trunc(tokens)) : 0;
}
