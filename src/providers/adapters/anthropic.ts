import { createAnthropic } from '@ai-sdk/anthropic';
import { z } from 'zod';
import type { ChatMessage } from '../../../domain/chat/chat-request.js';
import { AiSdkProvider } from '../ai-sdk-provider.js';
import type { ModelListing } from '../list-models.js';
import type { ModelFamily } from '../model-family.js';
import type { Connection, ProviderAdapter } from '../provider-adapter.js';
import type { ProviderRequest } from '../provider.js';
import type { RequestRules } from '../to-call-options.js';
import { mentionsTools, toolsAsText } from '../tools-as-text.js';

/** Anthropic's Messages API. A request without a limit gets the model's own output limit as `max_tokens`, which the API demands. */
export const anthropic: ProviderAdapter = {
  name: 'anthropic',
  aliases: [],
  keyVariable: 'ANTHROPIC_API_KEY',
  keyRequired: true,
  baseUrlVariable: 'ANTHROPIC_BASE_URL',
  defaultBaseUrl: 'https://api.anthropic.com/v1',
  simulatedPath: '/v1',
  // The vendor's own clients take the address without `/v1`, the SDK with it.
  resolveBaseUrl: (configured) => (/\/v\d+$/.test(configured) ? configured : `${configured}/v1`),
  create: (connection) => new AiSdkProvider(connection, { family: (fetch) => family(connection, fetch), models }),
};

function family(connection: Connection, fetch: typeof globalThis.fetch): ModelFamily {
  const sdk = createAnthropic({ baseURL: connection.baseUrl, apiKey: connection.apiKey ?? '', headers: { ...connection.headers }, fetch });
  return { model: (id) => sdk.messages(id), prompt: { systemFirst: true }, messages, rules: (request) => rules(request, connection.outputLimit?.(request.model) ?? null) };
}

const tokens = z.number().positive().nullish().catch(null);
const page = z.object({
  data: z.array(z.object({ id: z.string(), display_name: z.string().nullish(), max_input_tokens: tokens, max_tokens: tokens })),
  has_more: z.boolean().nullish(),
  last_id: z.string().nullish(),
});
const models: ModelListing = {
  path: '/models?limit=1000',
  headers: (connection) => ({ 'x-api-key': connection.apiKey ?? '', 'anthropic-version': '2023-06-01' }),
  read: (content) => {
    const { data, has_more: more, last_id: last } = page.parse(content);
    const listed = data.map(({ id, display_name, max_input_tokens, max_tokens }) => ({ id, displayName: display_name ?? null, contextTokens: max_input_tokens ?? null, outputTokens: max_tokens ?? null }));
    return { models: listed, nextQuery: more === true && last ? `&after_id=${encodeURIComponent(last)}` : null };
  },
};

// The API refuses tool calls and results in a request without tools, and the SDK sends none when the choice is `none`.
function messages({ messages: conversation, tools, toolChoice }: ProviderRequest): ChatMessage[] {
  const withTools = tools !== undefined && tools.length > 0 && toolChoice?.type !== 'none';
  return withTools || !mentionsTools(conversation) ? conversation : toolsAsText(conversation);
}

/** Thinking tokens for the models that take a budget; the API's least is 1,024. */
const budgets: Record<string, number> = { minimal: 1_024, low: 1_024, medium: 4_096, high: 16_384, xhigh: 32_000, max: 32_000 };
const efforts: Record<string, 'low' | 'medium' | 'high' | 'xhigh' | 'max'> = { minimal: 'low', low: 'low', medium: 'medium', high: 'high', xhigh: 'xhigh', max: 'max' };

function rules(request: ProviderRequest, outputLimit: number | null): RequestRules {
  const thinking = thinkingOf(request);
  return {
    // The SDK adds the thinking to the limit. Of models the registry does not know it takes its own table's limit.
    ...(outputLimit !== null && { defaultMaxOutputTokens: outputLimit - (typeof thinking?.thinking === 'object' ? Number(thinking.thinking.budgetTokens) : 0) }),
    without: ['verbosity', ...(thinking === null ? (['reasoningEffort'] as const) : []), ...(choiceIsLost(request) ? (['toolChoice'] as const) : [])],
    providerOptions: {
      anthropic: {
        ...thinking,
        ...(request.tools && request.parallelToolCalls !== undefined && { disableParallelToolUse: !request.parallelToolCalls }),
      },
    },
  };
}

// null: asked for, but this model or this request can't.
function thinkingOf(request: ProviderRequest): Record<string, string | Record<string, string | number>> | null {
  const effort = request.sampling.reasoningEffort;
  if (effort === undefined || effort === 'none') return {};
  const level = efforts[effort];
  const budgetTokens = budgets[effort];
  if (level === undefined || budgetTokens === undefined || !request.model.includes('claude')) return null;
  if (thinksByBudget.test(request.model)) return canThinkByBudget(request) ? { thinking: { type: 'enabled', budgetTokens } } : null;
  return /claude-(3|2|instant)/.test(request.model) ? null : { effort: level };
}

const thinksByBudget = /claude-3-7|(sonnet|opus)-4-(20\d{6}|[01]\b)|sonnet-4-5|haiku-4-5/;

// After tool results the API wants the earlier thinking back, signed, and clients of other vendors' formats don't have it. Forced tools and thinking
// exclude each other, and an older model gives its JSON through a forced tool: what was asked for by name comes first.
function canThinkByBudget({ model, messages, tools, toolChoice, responseFormat }: ProviderRequest): boolean {
  if (messages.at(-1)?.role === 'tool') return false;
  if (tools && (toolChoice?.type === 'required' || toolChoice?.type === 'tool')) return false;
  return responseFormat?.type !== 'json_schema' || writesJson(model);
}

// Older models give their JSON by a forced tool of the SDK, which then leaves no choice among the client's.
function choiceIsLost({ model, responseFormat, tools, toolChoice }: ProviderRequest): boolean {
  return tools !== undefined && toolChoice !== undefined && toolChoice.type !== 'auto' && responseFormat?.type === 'json_schema' && !writesJson(model);
}

function writesJson(model: string): boolean {
  return !/claude-(2|3|instant)|-4-20\d{6}/.test(model);
}
