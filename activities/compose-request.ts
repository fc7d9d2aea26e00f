import { createHash } from 'node:crypto';
import type { CallModelInput } from '../domain/chat/call.js';
import type { ChatMessage, ChatRequest, ResponseFormat, Sampling } from '../domain/chat/chat-request.js';
import type { ProviderRequest } from '../src/providers/provider.js';

/** A completion's request as the worker keeps it: `sha256` identifies the messages, so that they are hashed once and not for every call. */
export interface Conversation {
  request: ChatRequest;
  sha256: string;
}

/** Wraps a stored request. */
export function conversationOf(request: ChatRequest): Conversation {
  return { request, sha256: createHash('sha256').update(JSON.stringify(request.messages)).digest('hex') };
}

/**
 * What one call says to its provider: system text of the stage, the client's messages, user text of the stage, then the turns of a tool
 * loop. After a round of tools the model chooses freely, or a forced choice would call its tool for ever.
 */
export function composeRequest(input: CallModelInput, { request }: Conversation): ProviderRequest {
  const responseFormat = responseFormatOf(input, request);
  const toolChoice = input.toolTurns?.length ? ({ type: 'auto' } as const) : request.toolChoice;
  return {
    model: input.model.model,
    messages: composeMessages(input, request.messages),
    sampling: samplingOf(input, request),
    ...(input.tools && request.tools ? { tools: request.tools } : {}),
    ...(input.tools && request.tools && toolChoice ? { toolChoice } : {}),
    ...(input.tools && request.tools && request.parallelToolCalls !== undefined ? { parallelToolCalls: request.parallelToolCalls } : {}),
    ...(responseFormat ? { responseFormat } : {}),
  };
}

/** sha256 (hex) of a call's provider-neutral request; equal requests have equal hashes in any process. */
export function requestHashOf(input: CallModelInput, composed: ProviderRequest, conversation: Conversation): string {
  const { messages: _messages, ...rest } = composed;
  const parts = [input.model.provider, rest, input.prompt, input.prompt.conversation ? conversation.sha256 : null, input.toolTurns ?? null];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function composeMessages({ prompt, toolTurns }: CallModelInput, conversation: ChatMessage[]): ChatMessage[] {
  return [
    ...(prompt.system ? [{ role: 'system', content: prompt.system } as const] : []),
    ...(prompt.conversation ? conversation : []),
    ...(prompt.user ? [{ role: 'user', content: prompt.user } as const] : []),
    ...(toolTurns ?? []).flatMap((turn): ChatMessage[] => [
      { role: 'assistant', content: turn.text, toolCalls: turn.toolCalls },
      ...turn.results.map((result): ChatMessage => ({ role: 'tool', ...result })),
    ]),
  ];
}

function samplingOf(input: CallModelInput, request: ChatRequest): Sampling {
  return { ...(input.sampling === 'client' ? request.sampling : input.sampling), ...input.samplingOverride };
}

function responseFormatOf(input: CallModelInput, request: ChatRequest): ResponseFormat | undefined {
  return input.responseFormat === 'client' ? request.responseFormat : input.responseFormat;
}
