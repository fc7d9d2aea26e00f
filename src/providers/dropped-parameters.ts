import type { SharedV3Warning } from '@ai-sdk/provider';
import type { ProviderRequest } from './provider.js';
import type { RequestRules } from './to-call-options.js';

/** Names of the AI SDK that differ from ours. */
const ours: Record<string, string> = {
  stopSequences: 'stop',
  'providerOptions.anthropic.thinking': 'reasoningEffort',
  'providerOptions.anthropic.effort': 'reasoningEffort',
  'providerOptions.anthropic.disableParallelToolUse': 'parallelToolCalls',
};

/** Every parameter that was asked for and not sent as asked: by our rules, by the conversation's, and by the SDK's warnings. Sorted, each once. */
export function droppedParameters(request: ProviderRequest, rules: RequestRules, conversation: readonly string[], warnings: readonly SharedV3Warning[]): string[] {
  const asked = (rules.without ?? []).filter((name) => (name in request.sampling ? request.sampling[name as keyof typeof request.sampling] : request[name as 'parallelToolCalls' | 'responseFormat' | 'toolChoice']) !== undefined);
  const warned = warnings.flatMap((warning) => {
    switch (warning.type) {
      case 'unsupported':
        return [ours[warning.feature] ?? warning.feature];
      case 'other':
        return [warning.message.slice(0, 160)];
      case 'compatibility': // Sent, in another form.
        return [];
      default: {
        const never: never = warning;
        return never;
      }
    }
  });
  return [...new Set([...asked, ...conversation, ...warned])].sort();
}
