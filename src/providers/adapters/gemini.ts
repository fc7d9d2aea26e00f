import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { AiSdkProvider } from '../ai-sdk-provider.js';
import { httpFetch } from '../http-fetch.js';
import type { ProviderAdapter } from '../provider-adapter.js';
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
  create: (connection) => {
    const sdk = createGoogleGenerativeAI({ baseURL: connection.baseUrl, apiKey: connection.apiKey ?? '', headers: { ...connection.headers }, fetch: httpFetch });
    return new AiSdkProvider(connection, { model: (id) => sdk.chat(id), prompt: { systemFirst: true }, rules });
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
