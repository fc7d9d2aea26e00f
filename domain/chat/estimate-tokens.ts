import type { ChatMessage, ToolDefinition, UserPart } from './chat-request.js';

const bytesPerToken = 4;
const tokensPerMessage = 4;
/** What vendors state for an image of about a megapixel. */
const tokensPerImage = 1_500;

/**
 * About how many input tokens a conversation has: four UTF-8 bytes a token, four tokens a message, 1,500 an image, and a quarter of the
 * base64 bytes' tokens for a file. An estimate that belongs to no provider; a panel's real count depends on its members.
 * @example estimateTokens({ messages: [{ role: 'user', content: 'Hello there' }] }) === 7
 */
export function estimateTokens(conversation: { messages: readonly ChatMessage[]; tools?: readonly ToolDefinition[] }): number {
  const messages = conversation.messages.reduce((sum, message) => sum + tokensPerMessage + messageTokens(message), 0);
  const tools = (conversation.tools ?? []).reduce((sum, tool) => sum + textTokens(JSON.stringify(tool)), 0);
  return messages + tools;
}

function messageTokens(message: ChatMessage): number {
  const content = message.content;
  const own = typeof content === 'string' ? textTokens(content) : content.reduce((sum, part) => sum + partTokens(part), 0);
  const calls = message.role === 'assistant' ? (message.toolCalls ?? []) : [];
  return own + calls.reduce((sum, call) => sum + textTokens(call.name) + textTokens(call.argumentsJson), 0);
}

function partTokens(part: UserPart): number {
  switch (part.type) {
    case 'text':
      return textTokens(part.text);
    case 'image':
      return tokensPerImage;
    case 'audio':
    case 'file':
      return Math.ceil((part.data?.length ?? 0) / bytesPerToken / 4);
    default: {
      const never: never = part;
      return never;
    }
  }
}

function textTokens(text: string): number {
  return Math.ceil(utf8Bytes(text) / bytesPerToken);
}

// A surrogate pair is four bytes, two for each half.
function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) bytes += code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 1 : 2;
  }
  return bytes;
}
