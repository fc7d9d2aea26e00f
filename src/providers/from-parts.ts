import type { LanguageModelV3Content, LanguageModelV3FinishReason, LanguageModelV3GenerateResult, LanguageModelV3StreamPart, LanguageModelV3Usage, SharedV3Warning } from '@ai-sdk/provider';
import type { FinishReason, ToolCall } from '../../domain/chat/chat-request.js';

/** What a model said so far, whichever way it came. `finish` null: it has not ended. */
export interface Received {
  text: string;
  reasoning: string;
  toolCalls: ToolCall[];
  finish: { reason: LanguageModelV3FinishReason; usage: LanguageModelV3Usage } | null;
  responseId: string | undefined;
  warnings: SharedV3Warning[];
}

export function nothingReceived(): Received {
  return { text: '', reasoning: '', toolCalls: [], finish: null, responseId: undefined, warnings: [] };
}

/** A whole answer. Sources, files and tools that the provider ran itself are left out: no strategy reads them. */
export function fromResult(result: LanguageModelV3GenerateResult): Received {
  const received = nothingReceived();
  for (const part of result.content) addContent(received, part);
  received.finish = { reason: result.finishReason, usage: result.usage };
  received.responseId = result.response?.id;
  received.warnings = result.warnings;
  return received;
}

function addContent(received: Received, part: LanguageModelV3Content): void {
  if (part.type === 'text') received.text += part.text;
  else if (part.type === 'reasoning') received.reasoning += part.text;
  else if (part.type === 'tool-call' && part.providerExecuted !== true) received.toolCalls.push({ id: part.toolCallId, name: part.toolName, argumentsJson: part.input });
}

/** Adds one part of a stream; returns the new text in it. An `error` part is thrown. */
export function addPart(received: Received, part: LanguageModelV3StreamPart): string {
  switch (part.type) {
    case 'text-delta':
      received.text += part.delta;
      return part.delta;
    case 'reasoning-delta':
      received.reasoning += part.delta;
      return '';
    case 'tool-call':
      addContent(received, part);
      return '';
    case 'stream-start':
      received.warnings = part.warnings;
      return '';
    case 'response-metadata':
      received.responseId ??= part.id;
      return '';
    case 'finish':
      received.finish = { reason: part.finishReason, usage: part.usage };
      return '';
    case 'error':
      throw part.error;
    default:
      return '';
  }
}

/** Whether a stream really came to its end: the SDK ends a cut one with `other` and no reason of the provider. */
export function isComplete(received: Received): boolean {
  return received.finish !== null && !(received.finish.reason.unified === 'other' && received.finish.reason.raw === undefined);
}

/** Our finish reason; null for one that means the provider failed. Tool calls decide over what the provider called it. */
export function toFinishReason(reason: LanguageModelV3FinishReason, toolCalls: readonly ToolCall[]): FinishReason | null {
  switch (reason.unified) {
    case 'length':
      return 'length';
    case 'content-filter':
      return 'content_filter';
    case 'error':
      return null;
    case 'tool-calls':
    case 'stop':
    case 'other':
      return toolCalls.length > 0 ? 'tool_calls' : 'stop';
    default: {
      const never: never = reason.unified;
      return never;
    }
  }
}
