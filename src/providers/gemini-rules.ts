import type { ProviderRequest } from './provider.js';
import type { RequestRules } from './to-call-options.js';

/** Thinking tokens of Gemini 2.5 by effort (https://ai.google.dev/gemini-api/docs/thinking); its Pro model can't stop thinking below 128. */
const budgets: Record<string, number> = { none: 0, minimal: 512, low: 1_024, medium: 8_192, high: 24_576, xhigh: 24_576, max: 24_576 };
const levels: Record<string, 'minimal' | 'low' | 'medium' | 'high'> = { none: 'minimal', minimal: 'minimal', low: 'low', medium: 'medium', high: 'high', xhigh: 'high', max: 'high' };

/** What Gemini is told otherwise, wherever it is served. */
export function geminiRules(request: ProviderRequest): RequestRules {
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
