import type { LanguageModelV3CallOptions, SharedV3ProviderOptions } from '@ai-sdk/provider';
import type { ResponseFormat, Sampling, ToolChoice } from '../../domain/chat/chat-request.js';
import type { ProviderRequest } from './provider.js';

/** What a family does with a request beyond the common part. */
export interface RequestRules {
  providerOptions?: SharedV3ProviderOptions;
  /** Parameters that this model can't take and that are left out, by our names. */
  without?: readonly (keyof Sampling | 'parallelToolCalls' | 'responseFormat' | 'toolChoice')[];
  /** What a request without a limit asks for. */
  defaultMaxOutputTokens?: number;
  /** Parameters that travel in `providerOptions` instead of their common place. */
  elsewhere?: readonly (keyof Sampling)[];
}

/** The common part of a request in the AI SDK's form, without the conversation. `reasoningEffort`, `verbosity` and `parallelToolCalls` have no common form: families send them. */
export function toCallOptions(request: ProviderRequest, rules: RequestRules): Omit<LanguageModelV3CallOptions, 'prompt'> {
  const leftOut = new Set<string>([...(rules.without ?? []), ...(rules.elsewhere ?? [])]);
  const { temperature, topP, topK, maxOutputTokens, stop, seed, presencePenalty, frequencyPenalty } = Object.fromEntries(
    Object.entries(request.sampling).filter(([name]) => !leftOut.has(name)),
  ) as Sampling; // A part of a Sampling is one.
  const hasTools = request.tools !== undefined && request.tools.length > 0;
  return {
    temperature,
    topP,
    topK,
    maxOutputTokens: maxOutputTokens ?? rules.defaultMaxOutputTokens,
    stopSequences: stop !== undefined && stop.length > 0 ? stop : undefined,
    seed,
    presencePenalty,
    frequencyPenalty,
    responseFormat: leftOut.has('responseFormat') ? undefined : responseFormat(request.responseFormat),
    tools: hasTools
      ? request.tools?.map((tool) => ({
          type: 'function',
          name: tool.name,
          description: tool.description,
          inputSchema: tool.parameters, // The client's own schema; the provider judges it.
          ...(tool.strict !== undefined && { strict: tool.strict }),
        }))
      : undefined,
    toolChoice: hasTools && !leftOut.has('toolChoice') ? toolChoice(request.toolChoice) : undefined,
    providerOptions: rules.providerOptions,
  };
}

function responseFormat(format: ResponseFormat | undefined): LanguageModelV3CallOptions['responseFormat'] {
  if (format === undefined || format.type === 'text') return undefined;
  if (format.type === 'json_object') return { type: 'json' };
  return { type: 'json', schema: format.schema, name: format.name, description: format.description }; // The client's own schema.
}

function toolChoice(choice: ToolChoice | undefined): LanguageModelV3CallOptions['toolChoice'] {
  if (choice === undefined) return undefined;
  return choice.type === 'tool' ? { type: 'tool', toolName: choice.name } : { type: choice.type };
}
