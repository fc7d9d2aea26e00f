import type { ChatMessage, ChatRequest } from '../../domain/chat/chat-request.js';
import { deliberationContext } from '../../domain/prompts/deliberation-context.js';
import type { ToolCallOwner } from './completions.store.js';

/** A request that brings the results of tool calls which a panel's acting model had asked for. */
export interface FollowUp {
  /** `provider/model` that asked and now gets the results. */
  actingModel: string;
  request: ChatRequest;
}

/** Ids of the tool calls since the person last spoke: one of them carries what the panel had said, however many rounds ago. */
export function toolCallIdsOfTurn(messages: readonly ChatMessage[]): string[] {
  const lastQuestion = messages.findLastIndex((message, index) => message.role === 'user' && messages[index - 1]?.role !== 'tool');
  return messages.slice(lastQuestion + 1).flatMap((message) => (message.role === 'tool' ? [message.toolCallId] : []));
}

/**
 * The follow-up that a request is, or null: the panel is not convened again, the acting model goes on, with the earlier deliberation as
 * a system message after the client's own. `trailing` are the ids of the results with which the conversation ends.
 */
export function followUpOf(request: ChatRequest, trailing: readonly string[], owners: readonly ToolCallOwner[]): FollowUp | null {
  const owner = owners.find(({ toolCallId }) => trailing.includes(toolCallId));
  if (!owner) return null;
  const context = owners.map(({ decision }) => (decision ? deliberationContext(decision) : '')).find((text) => text !== '');
  return { actingModel: owner.actingModel, request: context === undefined ? request : { ...request, messages: withContext(request.messages, context) } };
}

function withContext(messages: readonly ChatMessage[], context: string): ChatMessage[] {
  const first = messages.findIndex((message) => message.role !== 'system');
  const position = first === -1 ? messages.length : first;
  return [...messages.slice(0, position), { role: 'system', content: context }, ...messages.slice(position)];
}
