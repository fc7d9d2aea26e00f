import type { ChatMessage, UserPart } from '../domain/chat/chat-request.js';
import type { ProviderRequest } from '../src/providers/provider.js';

/** A request as its model can take it, and the parameters that were left out. */
export interface AdaptedRequest {
  request: ProviderRequest;
  dropped: string[];
}

/** Leaves images out for a model known to take none: a note stands in their place, so that the model can say what it did not see. */
export function withoutImages(request: ProviderRequest): AdaptedRequest {
  if (!request.messages.some(hasImage)) return { request, dropped: [] };
  return { request: { ...request, messages: request.messages.map(withNotes) }, dropped: ['images'] };
}

function hasImage(message: ChatMessage): boolean {
  return message.role === 'user' && typeof message.content !== 'string' && message.content.some((part) => part.type === 'image');
}

function withNotes(message: ChatMessage): ChatMessage {
  if (message.role !== 'user' || typeof message.content === 'string') return message;
  return { ...message, content: message.content.map((part): UserPart => (part.type === 'image' ? { type: 'text', text: '[An image was left out: this model takes text only.]' } : part)) };
}
