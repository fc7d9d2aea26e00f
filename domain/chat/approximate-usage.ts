import type { ChatMessage, Usage } from './chat-request.js';

const charactersPerToken = 4;

/** Tokens of a call whose provider did not say: characters of question and answer divided by four. Whoever stores it says that it is approximated. */
export function approximateUsage(messages: readonly ChatMessage[], answer: string): Usage {
  const asked = messages.reduce((sum, { content }) => sum + (typeof content === 'string' ? content.length : content.reduce((own, part) => own + (part.type === 'text' ? part.text.length : 0), 0)), 0);
  return { inputTokens: Math.ceil(asked / charactersPerToken), outputTokens: Math.ceil(answer.length / charactersPerToken), cachedInputTokens: 0, reasoningTokens: 0 };
}
