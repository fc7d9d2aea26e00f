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
/**
 * For an image, whatever its bytes: what is charged is its size in pixels, which a file of few bytes may have as well. Of OpenAI's, Anthropic's and Gemini's models none counts more than 5,000
 * for what we can ask of it; open ones count up to 16,384 (Qwen-VL).
 */
const imageTokens = 20_000;
/** gpt-4o-mini counts its images dearer than its text: 2,833 and 5,667 for each of up to eight tiles (OpenAI's guide to images, 2025). */
const dearImageTokens = 50_000;
/** For a document or sound where nobody says how much the model takes. */
const documentTokens = 1_000_000;

/** What of a conversation is no text. */
export interface Attachments {
  images: number;
  /** Bytes of base64 that are images in the request; those of images named by their address are not in it. */
  imageBytes: number;
  /** Files and sounds: their pages and seconds count, which nobody knows before. */
  documents: number;
}

/**
 * Upper bound of one call. `bytes`: of its request as it is rendered for the provider. Output is `maxOutputTokens`, or else all that the model can write (`outputLimit`). A document may take
 * all that the model can read (`contextLimit`). Every token is charged at the dearest price of its kind, so that neither cache nor reasoning can pass it.
 * @example callBound({ bytes: 3_000, attachments: { images: 0, imageBytes: 0, documents: 0 }, model: 'm', contextLimit: null, maxOutputTokens: 100, outputLimit: null, price: null }) // { inputTokens: 1_032, outputTokens: 100, costNanoUsd: null }
 */
export function callBound(call: { bytes: number; attachments: Attachments; model: string; contextLimit: number | null; maxOutputTokens: number | null; outputLimit: number | null; price: CallPrice | null }): CallBound {
  const inputTokens = inputBound(call);
  const outputTokens = call.maxOutputTokens ?? call.outputLimit;
  return { inputTokens, outputTokens, costNanoUsd: call.price === null || outputTokens === null ? null : dearestCost(inputTokens, outputTokens, call.price) };
}

function inputBound({ bytes, attachments: { images, imageBytes, documents }, model, contextLimit }: Pick<Parameters<typeof callBound>[0], 'bytes' | 'attachments' | 'model' | 'contextLimit'>): number {
  const forImages = images * (model.includes('gpt-4o-mini') ? dearImageTokens : imageTokens);
  const known = Math.ceil(Math.max(0, bytes - imageBytes) / bytesPerToken) + overheadTokens + forImages;
  return documents === 0 ? known : (contextLimit ?? known + documents * documentTokens);
}

function dearestCost(inputTokens: number, outputTokens: number, price: CallPrice): number {
  const input = Math.max(price.inputNanoUsdPerMillion, price.cachedInputNanoUsdPerMillion ?? 0);
  const output = Math.max(price.outputNanoUsdPerMillion, price.reasoningNanoUsdPerMillion ?? 0);
  return Number((BigInt(inputTokens) * BigInt(input) + BigInt(outputTokens) * BigInt(output) + 999_999n) / 1_000_000n);
}

/** What of a conversation is no text. */
export function attachmentsOf(messages: readonly ChatMessage[]): Attachments {
  const parts = messages.flatMap((message) => (message.role === 'user' && typeof message.content !== 'string' ? message.content : []));
  const images = parts.filter((part) => part.type === 'image');
  return { images: images.length, imageBytes: images.reduce((sum, { data }) => sum + (data?.length ?? 0), 0), documents: parts.filter(({ type }) => type === 'file' || type === 'audio').length };
}
