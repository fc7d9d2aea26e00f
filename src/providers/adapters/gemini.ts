import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { z } from 'zod';
import { AiSdkProvider } from '../ai-sdk-provider.js';
import type { ModelListing } from '../list-models.js';
import type { ModelFamily } from '../model-family.js';
import type { Connection, ProviderAdapter } from '../provider-adapter.js';
import type { ProviderRequest } from '../provider.js';
import type { RequestRules } from '../to-call-options.js';

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
  create: (connection) => new AiSdkProvider(connection, { family: (fetch) => family(connection, fetch), models }),
};

function family(connection: Connection, fetch: typeof globalThis.fetch): ModelFamily {
  const sdk = createGoogleGenerativeAI({ baseURL: connection.baseUrl, apiKey: connection.apiKey ?? '', headers: { ...connection.headers }, fetch });
  return { model: (id) => sdk.chat(id), prompt: { systemFirst: true }, rules };
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

/** Thinking tokens of Gemini 2.5 by effort (https://ai.google.dev/gemini-api/docs/thinking); its Pro model can't stop thinking below 128. */
const budgets: Record<string, number> = { none: 0, minimal: 512, low: 1_024, medium: 8_192, high: 24_576, xhigh: 24_576, max: 24_576 };
const levels: Record<string, 'minimal' | 'low' | 'medium' | 'high'> = { none: 'minimal', minimal: 'minimal', low: 'low', medium: 'medium', high: 'high', xhigh: 'high', max: 'high' };

function rules(request: ProviderRequest): RequestRules {
  const thinkingConfig = thinkingOf(request);
  return {
    without: ['verbosity', 'parallelToolCalls', ...(thinkingConfig === null ? (['reasoningEffort'] as const) : [])],
    ...(thinkingConfig && { providerOptions: { google: { thinkingConfig } } }),
  };
}

// null: not asked for, or this model can't.
function thinkingOf({ model, sampling: { reasoningEffort } }: ProviderRequest): { thinkingBudget: number } | { thinkingLevel: string } | null {
  if (reasoningEffort === undefined) return null;
  const budget = budgets[reasoningEffort];
  const level = levels[reasoningEffort];
  if (budget === undefined || level === undefined) return null;
  const pro = model.includes('pro');
  if (model.includes('gemini-2.5')) return { thinkingBudget: pro ? Math.max(128, budget) : budget };
  if (/gemini-([3-9]|\d\d)/.test(model)) return { thinkingLevel: pro && level === 'minimal' ? 'low' : pro && level === 'medium' && model.includes('gemini-3-') ? 'high' : level };
  return null;
}
