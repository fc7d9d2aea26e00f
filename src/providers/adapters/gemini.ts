import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { z } from 'zod';
import { AiSdkProvider } from '../ai-sdk-provider.js';
import { GeminiBatch } from '../batch/gemini.js';
import { geminiRules } from '../gemini-rules.js';
import type { ModelListing } from '../list-models.js';
import type { ModelFamily } from '../model-family.js';
import type { Connection, ProviderAdapter } from '../provider-adapter.js';

/** Google's Gemini API. */
export const gemini: ProviderAdapter = {
  name: 'gemini',
  aliases: ['google'],
  keyVariable: 'GOOGLE_API_KEY',
  keyRequired: true,
  baseUrlVariable: 'GOOGLE_GEMINI_BASE_URL',
  defaultBaseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  simulatedPath: '/v1beta',
  // The vendor's own clients take the address without a version, the SDK with it.
  resolveBaseUrl: (configured) => (/\/v\d+(beta|alpha)?\d*$/.test(configured) ? configured : `${configured}/v1beta`),
  create: (connection) => new AiSdkProvider(connection, { family: (fetch) => family(connection, fetch), models, batch: (...parts) => new GeminiBatch(...parts) }),
};

function family(connection: Connection, fetch: typeof globalThis.fetch): ModelFamily {
  const sdk = createGoogleGenerativeAI({ baseURL: connection.baseUrl, apiKey: connection.apiKey ?? '', headers: { ...connection.headers }, fetch });
  return { model: (id) => sdk.chat(id), prompt: { systemFirst: true }, rules: geminiRules };
}

const tokens = z.number().positive().nullish().catch(null);
const page = z.object({
  models: z.array(z.object({ name: z.string(), displayName: z.string().nullish(), inputTokenLimit: tokens, outputTokenLimit: tokens, supportedGenerationMethods: z.array(z.string()).nullish() })).nullish(),
  nextPageToken: z.string().nullish(),
});
// Models that can't generate (embeddings, speech) are on the same list; they are left out.
const models: ModelListing = {
  path: '/models?pageSize=1000',
  headers: (connection) => ({ 'x-goog-api-key': connection.apiKey ?? '' }),
  read: (content) => {
    const { models: entries, nextPageToken } = page.parse(content);
    const generating = (entries ?? []).filter(({ supportedGenerationMethods: methods }) => methods?.includes('generateContent') ?? true);
    const listed = generating.map(({ name, displayName, inputTokenLimit, outputTokenLimit }) => ({
      id: name.replace(/^models\//, ''),
      displayName: displayName ?? null,
      contextTokens: inputTokenLimit ?? null,
      outputTokens: outputTokenLimit ?? null,
    }));
    return { models: listed, nextQuery: nextPageToken ? `&pageToken=${encodeURIComponent(nextPageToken)}` : null };
  },
};
