import type { ChatMessage, ResponseFormat, ToolChoice, ToolDefinition, UserPart } from '../../domain/chat/chat-request.js';
import { consensusParameters, type ConsensusParameters } from '../../domain/chat/conclave-extensions.js';
import { badRequest } from '../http/api-error.js';
import type { AskedCompletion } from './asked-completion.js';
import type { AnthropicMessage, AnthropicSource, CountTokensBody, MessageBody } from './message.dto.js';
import { withoutMissing } from './without-missing.js';

/** What an Anthropic body asks for. Throws a 400 that names the field for everything that can't be honoured; `thinking` and thinking blocks are left aside, as the schema says. */
export function anthropicToChatRequest(body: MessageBody): AskedCompletion {
  const effort = body.output_config?.effort;
  return {
    endpoint: 'anthropic',
    model: body.model,
    request: {
      ...anthropicConversation(body),
      sampling: withoutMissing({ temperature: body.temperature, topP: body.top_p, topK: body.top_k, maxOutputTokens: body.max_tokens, stop: body.stop_sequences?.length ? body.stop_sequences : undefined, reasoningEffort: effort }),
      ...withoutMissing({ toolChoice: toToolChoice(body), parallelToolCalls: parallelToolCalls(body), responseFormat: toResponseFormat(body) }),
    },
    extensions: { parameters: { ...body.optional_params, ...topLevelParameters(body) }, options: body.conclave ?? {} },
    n: 1,
    stream: body.stream ?? false,
    includeUsage: true,
    trailingToolCallIds: trailingResults(body.messages),
  };
}

/** Messages and tools alone: what tokens are counted of. */
export function anthropicConversation(body: CountTokensBody): { messages: ChatMessage[]; tools?: ToolDefinition[] } {
  const system = body.system == null ? '' : joined(body.system);
  const messages: ChatMessage[] = system === '' ? [] : [{ role: 'system', content: system }];
  const names = new Map<string, string>();
  body.messages.forEach((message, index) => {
    messages.push(...toMessages(message, { param: `messages.${String(index)}`, names }));
  });
  return { messages, ...(body.tools?.length ? { tools: body.tools.map(toTool) } : {}) };
}

function topLevelParameters(body: MessageBody): ConsensusParameters {
  const names = Object.keys(consensusParameters.shape) as (keyof ConsensusParameters)[];
  return Object.fromEntries(names.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]));
}

function toTool(tool: NonNullable<CountTokensBody['tools']>[number]): ToolDefinition {
  return { name: tool.name, parameters: tool.input_schema, ...withoutMissing({ description: tool.description, strict: tool.strict }) };
}

function toToolChoice(body: MessageBody): ToolChoice | undefined {
  const choice = body.tool_choice;
  if (choice == null) return undefined;
  if (!body.tools?.length) {
    if (choice.type === 'auto' || choice.type === 'none') return undefined;
    throw badRequest('tool_choice', `'tool_choice' is '${choice.type}', but 'tools' is missing or empty. Add tools, or leave 'tool_choice' out.`);
  }
  switch (choice.type) {
    case 'auto':
    case 'none':
      return { type: choice.type };
    case 'any':
      return { type: 'required' };
    case 'tool':
      if (!body.tools.some((tool) => tool.name === choice.name)) throw badRequest('tool_choice.name', `'tool_choice' names '${choice.name}', which 'tools' does not have. Add the tool or correct the name.`);
      return { type: 'tool', name: choice.name };
    default: {
      const never: never = choice;
      return never;
    }
  }
}

function parallelToolCalls(body: MessageBody): boolean | undefined {
  const choice = body.tool_choice;
  if (choice == null || choice.type === 'none' || choice.disable_parallel_tool_use == null || !body.tools?.length) return undefined;
  return !choice.disable_parallel_tool_use;
}

function toResponseFormat(body: MessageBody): ResponseFormat | undefined {
  const format = body.output_config?.format ?? body.output_format;
  return format == null ? undefined : { type: 'json_schema', name: 'output', schema: format.schema, strict: true };
}

interface Place {
  /** Path of the message in the body. */
  param: string;
  /** Names of the tools by id of their calls, as far as the conversation has come. */
  names: Map<string, string>;
}

function toMessages(message: AnthropicMessage, place: Place): ChatMessage[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: joined(message.content) }];
    case 'user':
      return typeof message.content === 'string' ? [{ role: 'user', content: message.content }] : toUserMessages(message.content, place);
    case 'assistant':
      return [typeof message.content === 'string' ? { role: 'assistant', content: message.content } : toAssistant(message.content, place)];
    default: {
      const never: never = message;
      return never;
    }
  }
}

type UserBlock = Exclude<Extract<AnthropicMessage, { role: 'user' }>['content'], string>[number];
type ToolResult = Extract<UserBlock, { type: 'tool_result' }>;
type AssistantBlock = Exclude<Extract<AnthropicMessage, { role: 'assistant' }>['content'], string>[number];

// Results come first, in messages of their own. Images of a result follow in the user's message: tool messages are texts for most providers.
function toUserMessages(blocks: readonly UserBlock[], place: Place): ChatMessage[] {
  const results: ChatMessage[] = [];
  const parts: UserPart[] = [];
  blocks.forEach((block, index) => {
    const param = `${place.param}.content.${String(index)}`;
    if (block.type !== 'tool_result') {
      parts.push(toPart(block, param));
      return;
    }
    const { message, images } = toToolMessage(block, param, place);
    results.push(message);
    if (images.length > 0) parts.push({ type: 'text', text: `Images in the result of ${message.toolName ?? 'the tool'}:` }, ...images);
  });
  return parts.length === 0 ? results : [...results, { role: 'user', content: parts }];
}

function toToolMessage(block: ToolResult, param: string, place: Place): { message: Extract<ChatMessage, { role: 'tool' }>; images: UserPart[] } {
  const toolName = place.names.get(block.tool_use_id);
  if (toolName === undefined)
    throw badRequest(`${param}.tool_use_id`, `'${param}.tool_use_id' is '${block.tool_use_id.slice(0, 80)}', but no assistant message before it has a tool_use block with that id. Send the assistant's message as well.`);
  const content = block.content ?? '';
  const parts = typeof content === 'string' ? [] : content.map((part, index) => toPart(part, `${param}.content.${String(index)}`));
  const text = typeof content === 'string' ? content : parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
  return {
    message: { role: 'tool', toolCallId: block.tool_use_id, toolName, content: text, ...(block.is_error ? { isError: true } : {}) },
    images: parts.filter((part) => part.type !== 'text'),
  };
}

type ContentBlock = Exclude<UserBlock, { type: 'tool_result' }>;

function toPart(block: ContentBlock, param: string): UserPart {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text };
    case 'image':
      return { type: 'image', ...toMedia(block.source, `${param}.source`) };
    case 'document': {
      if (block.source.type === 'text') return { type: 'text', text: [block.title, block.context, block.source.data].filter((text) => text != null && text !== '').join('\n\n') };
      return { type: 'file', ...toMedia(block.source, `${param}.source`), ...withoutMissing({ filename: block.title }) };
    }
    default: {
      const never: never = block;
      return never;
    }
  }
}

function toMedia(source: AnthropicSource, param: string): { url: string } | { data: string; mediaType: string } {
  switch (source.type) {
    case 'base64':
      return { data: source.data, mediaType: source.media_type };
    case 'url':
      return { url: source.url };
    case 'text':
      throw badRequest(`${param}.type`, `'${param}.type' is 'text': an image needs 'base64' or 'url'.`);
    case 'file':
      throw badRequest(`${param}.file_id`, "'file_id' refers to a file stored at Anthropic, which other members can't read. Send the file itself as base64.", 'unsupported_parameter');
    default: {
      const never: never = source;
      return never;
    }
  }
}

function toAssistant(blocks: readonly AssistantBlock[], place: Place): ChatMessage {
  const toolCalls = blocks.flatMap((block) => {
    if (block.type !== 'tool_use') return [];
    place.names.set(block.id, block.name);
    return [{ id: block.id, name: block.name, argumentsJson: JSON.stringify(block.input ?? {}) }];
  });
  const content = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
  return { role: 'assistant', content, ...(toolCalls.length > 0 ? { toolCalls } : {}) };
}

function joined(content: string | { text: string }[]): string {
  return typeof content === 'string' ? content : content.map((part) => part.text).join('\n\n');
}

// Text beside the results (clients add reminders there) does not make it a new question.
function trailingResults(messages: readonly AnthropicMessage[]): string[] {
  const last = messages.at(-1);
  if (last?.role !== 'user' || typeof last.content === 'string') return [];
  return last.content.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
}
