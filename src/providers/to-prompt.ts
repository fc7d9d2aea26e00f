import type { LanguageModelV3, LanguageModelV3FilePart, LanguageModelV3Message, LanguageModelV3Prompt, LanguageModelV3TextPart, LanguageModelV3ToolResultPart } from '@ai-sdk/provider';
import type { ChatMessage, ToolCall, UserPart } from '../../domain/chat/chat-request.js';
import { UnsupportedContent } from './unsupported-content.js';

/** How a family wants its conversation. */
export interface PromptRules {
  /** Anthropic and Gemini know system text only at the top: later system messages join it there, in their order. */
  systemFirst: boolean;
  /** What else the family can say of a user message; missing: a `name` can't be sent. */
  userName?: (name: string) => NonNullable<LanguageModelV3Message['providerOptions']>;
  /** How the family sends an image's `detail`; missing: it can't. */
  imageDetail?: (detail: 'low' | 'high') => NonNullable<LanguageModelV3FilePart['providerOptions']>;
}

/**
 * The conversation in the AI SDK's form and what of it could not be said. Nothing is downloaded: an address goes on where the model takes it,
 * else `UnsupportedContent` is thrown. Consecutive tool results become one message (Gemini wants all of a turn together).
 */
export function toPrompt(messages: readonly ChatMessage[], rules: PromptRules, supportedUrls: Awaited<LanguageModelV3['supportedUrls']>): { prompt: LanguageModelV3Prompt; dropped: string[] } {
  const dropped = new Set<string>();
  const toolNames = new Map(messages.flatMap((message) => (message.role === 'assistant' ? (message.toolCalls ?? []).map((call) => [call.id, call.name] as const) : [])));
  const prompt: LanguageModelV3Prompt = [];
  for (const message of rules.systemFirst ? systemFirst(messages) : messages) {
    const last = prompt.at(-1);
    if (message.role === 'tool') {
      const result = toolResult(message, toolNames);
      if (last?.role === 'tool') last.content.push(result);
      else prompt.push({ role: 'tool', content: [result] });
      continue;
    }
    const converted = toMessage(message, rules, supportedUrls, dropped);
    if (converted !== null) prompt.push(converted);
  }
  return { prompt, dropped: [...dropped] };
}

function systemFirst(messages: readonly ChatMessage[]): ChatMessage[] {
  const system = messages.filter((message) => message.role === 'system');
  const turns = messages.filter((message) => message.role !== 'system');
  const last = system.at(-1);
  // Both refuse a conversation without a turn: of nothing but instructions the last one is what the model is asked.
  return turns.length === 0 && last ? [...system.slice(0, -1), { role: 'user', content: last.content }] : [...system, ...turns];
}

// null: an assistant turn without text and calls, which providers reject and which says nothing.
function toMessage(message: Exclude<ChatMessage, { role: 'tool' }>, rules: PromptRules, supportedUrls: Record<string, RegExp[]>, dropped: Set<string>): LanguageModelV3Message | null {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content };
    case 'user': {
      if (message.name !== undefined && rules.userName === undefined) dropped.add('messages.name');
      const options = message.name === undefined ? undefined : rules.userName?.(message.name);
      return { role: 'user', content: userParts(message.content, rules, supportedUrls, dropped), ...(options && { providerOptions: options }) };
    }
    case 'assistant': {
      const text = message.content === '' ? (message.refusal ?? '') : message.content;
      const calls = (message.toolCalls ?? []).map((call) => ({ type: 'tool-call' as const, toolCallId: call.id, toolName: call.name, input: toolInput(call) }));
      if (text === '' && calls.length === 0) return null;
      return { role: 'assistant', content: [...(text === '' ? [] : [{ type: 'text' as const, text }]), ...calls] };
    }
    default: {
      const never: never = message;
      return never;
    }
  }
}

// Every provider wants an object here; what a model wrote that is not JSON stays readable inside one.
function toolInput(call: ToolCall): unknown {
  try {
    const parsed: unknown = JSON.parse(call.argumentsJson === '' ? '{}' : call.argumentsJson);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch {
    // Falls through to the text itself.
  }
  return { invalid_arguments: call.argumentsJson };
}

function toolResult(message: Extract<ChatMessage, { role: 'tool' }>, toolNames: ReadonlyMap<string, string>): LanguageModelV3ToolResultPart {
  return {
    type: 'tool-result',
    toolCallId: message.toolCallId,
    toolName: message.toolName ?? toolNames.get(message.toolCallId) ?? 'tool',
    output: { type: message.isError === true ? 'error-text' : 'text', value: message.content },
  };
}

function userParts(content: string | UserPart[], rules: PromptRules, supportedUrls: Record<string, RegExp[]>, dropped: Set<string>): (LanguageModelV3TextPart | LanguageModelV3FilePart)[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return content.map((part) => {
    switch (part.type) {
      case 'text':
        return { type: 'text', text: part.text };
      case 'image': {
        const detail = part.detail === 'auto' ? undefined : part.detail;
        if (detail !== undefined && rules.imageDetail === undefined) dropped.add('image.detail');
        const options = detail === undefined ? undefined : rules.imageDetail?.(detail);
        return { ...filePart('image', part, 'image/*', supportedUrls), ...(options && { providerOptions: options }) };
      }
      case 'audio':
        return { type: 'file', data: part.data, mediaType: part.mediaType };
      case 'file':
        return { ...filePart('file', part, 'application/pdf', supportedUrls), ...(part.filename !== undefined && { filename: part.filename }) };
      default: {
        const never: never = part;
        return never;
      }
    }
  });
}

function filePart(kind: string, part: { url?: string; data?: string; mediaType?: string }, fallback: string, supportedUrls: Record<string, RegExp[]>): LanguageModelV3FilePart {
  const inline = part.url === undefined ? null : /^data:([^;,]+)(?:;[^,]*)?;base64,(.*)$/s.exec(part.url);
  const data = part.data ?? inline?.[2];
  const mediaType = part.mediaType ?? inline?.[1] ?? fallback;
  if (data !== undefined) return { type: 'file', data, mediaType };
  if (part.url === undefined || !URL.canParse(part.url)) throw new UnsupportedContent(`${kind} without an address or data`);
  if (!takesUrl(part.url, mediaType, supportedUrls)) throw new UnsupportedContent(`${kind} by address (send its data as base64 instead; addresses are not fetched for you)`);
  return { type: 'file', data: new URL(part.url), mediaType };
}

function takesUrl(url: string, mediaType: string, supportedUrls: Record<string, RegExp[]>): boolean {
  return Object.entries(supportedUrls).some(([type, patterns]) => {
    const matches = type === '*' || type === '*/*' || type === mediaType || (type.endsWith('/*') && mediaType.startsWith(type.slice(0, -1))) || (mediaType.endsWith('/*') && type.startsWith(mediaType.slice(0, -1)));
    return matches && patterns.some((pattern) => pattern.test(url));
  });
}

/** What a conversation's texts are, for keeping them out of messages. */
export function textsOf(messages: readonly ChatMessage[]): string[] {
  return messages.flatMap((message) => (typeof message.content === 'string' ? [message.content] : message.content.flatMap((part) => (part.type === 'text' ? [part.text] : []))));
}

