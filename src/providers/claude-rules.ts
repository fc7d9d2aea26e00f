import type { ChatMessage } from '../../domain/chat/chat-request.js';
import type { ProviderRequest } from './provider.js';
import type { RequestRules } from './to-call-options.js';
import { mentionsTools, toolsAsText } from './tools-as-text.js';

/** The conversation as Claude's APIs take it: they refuse tool calls and results in a request without tools, and the SDK sends none when the choice is `none`. */
export function claudeMessages({ messages: conversation, tools, toolChoice }: ProviderRequest): ChatMessage[] {
  const withTools = tools !== undefined && tools.length > 0 && toolChoice?.type !== 'none';
  return withTools || !mentionsTools(conversation) ? conversation : toolsAsText(conversation);
}

/** Thinking tokens for the models that take a budget; the API's least is 1,024. */
const budgets: Record<string, number> = { minimal: 1_024, low: 1_024, medium: 4_096, high: 16_384, xhigh: 32_000, max: 32_000 };
const efforts: Record<string, 'low' | 'medium' | 'high' | 'xhigh' | 'max'> = { minimal: 'low', low: 'low', medium: 'medium', high: 'high', xhigh: 'xhigh', max: 'max' };

/** What Anthropic's Messages API is told otherwise, wherever it is served. `outputLimit`: most tokens of one answer; null: unknown. */
export function claudeRules(request: ProviderRequest, outputLimit: number | null): RequestRules {
  const thinking = claudeThinking(request);
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

/** Thinking by budget or effort in the SDK's words; empty: not asked for; null: asked for, but this model or this request can't. */
export function claudeThinking(request: ProviderRequest): Record<string, string | Record<string, string | number>> | null {
  const effort = request.sampling.reasoningEffort;
  if (effort === undefined || effort === 'none') return {};
  const level = efforts[effort];
  const budgetTokens = budgets[effort];
  if (level === undefined || budgetTokens === undefined || !request.model.includes('claude')) return null;
  if (thinksByBudget.test(plainId(request.model))) return canThinkByBudget(request) ? { thinking: { type: 'enabled', budgetTokens } } : null;
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
  return !/claude-(2|3|instant)|-4-20\d{6}/.test(plainId(model));
}

// Vertex writes a date after `@`.
function plainId(model: string): string {
  return model.replace('@', '-');
}
