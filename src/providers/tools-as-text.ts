import type { ChatMessage } from '../../domain/chat/chat-request.js';

/**
 * The conversation with its tool calls and results told as text, for an API that refuses them in a request without tools: a reviewer sees what the
 * tools said, though it can't call them. Other messages stay the same objects.
 */
export function toolsAsText(messages: readonly ChatMessage[]): ChatMessage[] {
  const names = new Map(messages.flatMap((message) => (message.role === 'assistant' ? (message.toolCalls ?? []).map((call) => [call.id, call.name] as const) : [])));
  return messages.map((message): ChatMessage => {
    if (message.role === 'tool') {
      const name = message.toolName ?? names.get(message.toolCallId) ?? 'tool';
      return { role: 'user', content: `[${message.isError === true ? 'Error' : 'Result'} of ${name}]\n${message.content}` };
    }
    if (message.role !== 'assistant' || message.toolCalls === undefined || message.toolCalls.length === 0) return message;
    const calls = message.toolCalls.map((call) => `[Called ${call.name} with ${call.argumentsJson}]`);
    return { role: 'assistant', content: [message.content, ...calls].filter((text) => text !== '').join('\n') };
  });
}

/** Whether a conversation holds tool calls or results. */
export function mentionsTools(messages: readonly ChatMessage[]): boolean {
  return messages.some((message) => message.role === 'tool' || (message.role === 'assistant' && (message.toolCalls?.length ?? 0) > 0));
}
