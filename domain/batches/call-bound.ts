import type { ChatMessage } from '../chat/chat-request.js';
import type { CallPrice } from '../pricing/call-price.js';

/** The most that one call may take: what a cap sets aside before the call is sent. Null: there is no bound, as tokens or price are unknown. */
export interface CallBound {
  inputTokens: number;
  outputTokens: number | null;
  costNanoUsd: number | null;
}

/** Bytes of UTF-8 for one token. Tokenizers of today make about 4 of English and 3 of Chinese, Japanese or Korean; what is rendered counts, JSON's own signs included. */
const bytesPerToken = 3;
/** What providers add around a request. */
const overheadTokens = 32;
/** For an image, sound or document that is named by its address: its bytes are not in the request. The dearest image of OpenAI's, Anthropic's and Gemini's pages takes less. */
const attachmentTokens = 6_000;

/**
 * Upper bound of one call. `bytes`: of its request as it is rendered for the provider. Output is `maxOutputTokens`, or else all that the model can write (`outputLimit`). Every token is
 * charged at the dearest price of its kind, so that neither cache nor reasoning can pass it.
 * @example callBound({ bytes: 3_000, attachments: 0, maxOutputTokens: 100, outputLimit: null, price: null }) // { inputTokens: 1_032, outputTokens: 100, costNanoUsd: null }
 */
export function callBound(call: { bytes: number; attachments: number; maxOutputTokens: number | null; outputLimit: number | null; price: CallPrice | null }): CallBound {
  const inputTokens = Math.ceil(call.bytes / bytesPerToken) + overheadTokens + call.attachments * attachmentTokens;
  const outputTokens = call.maxOutputTokens ?? call.outputLimit;
  return { inputTokens, outputTokens, costNanoUsd: call.price === null || outputTokens === null ? null : dearestCost(inputTokens, outputTokens, call.price) };
}

function dearestCost(inputTokens: number, outputTokens: number, price: CallPrice): number {
  const input = Math.max(price.inputNanoUsdPerMillion, price.cachedInputNanoUsdPerMillion ?? 0);
  const output = Math.max(price.outputNanoUsdPerMillion, price.reasoningNanoUsdPerMillion ?? 0);
  return Number((BigInt(inputTokens) * BigInt(input) + BigInt(outputTokens) * BigInt(output) + 999_999n) / 1_000_000n);
}

/** How many parts of a conversation are named by their address only. */
export function attachmentsOf(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, message) => sum + (message.role === 'user' && typeof message.content !== 'string' ? message.content.filter((part) => 'url' in part && part.url !== undefined).length : 0), 0);
}
