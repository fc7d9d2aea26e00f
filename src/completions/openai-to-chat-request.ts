import type { ChatMessage, ChatRequest, ResponseFormat, Sampling, ToolCall, ToolChoice, UserPart } from '../../domain/chat/chat-request.js';
import { consensusParameters, type ConsensusParameters } from '../../domain/chat/conclave-extensions.js';
import { badRequest } from '../http/api-error.js';
import type { AskedCompletion } from './asked-completion.js';
import type { ChatCompletionBody, OpenAiMessage } from './chat-completion.dto.js';
import { parseDataUrl } from './data-url.js';
import { withoutMissing } from './without-missing.js';

/** What an OpenAI body asks for. Throws a 400 that names the field for everything that can't be honoured: nothing is lost silently. */
export function openaiToChatRequest(body: ChatCompletionBody): AskedCompletion {
  refuseUnsupported(body);
  const messages = toMessages(body.messages);
  const request: ChatRequest = {
    messages,
    sampling: toSampling(body),
    ...withoutMissing({
      tools: body.tools?.length ? body.tools.map((tool) => toTool(tool.function)) : undefined,
      toolChoice: toToolChoice(body),
      parallelToolCalls: body.tools?.length ? (body.parallel_tool_calls ?? undefined) : undefined,
      responseFormat: toResponseFormat(body),
    }),
  };
  return {
    endpoint: 'openai',
    model: body.model,
    request,
    extensions: { parameters: { ...body.optional_params, ...topLevelParameters(body) }, options: body.conclave ?? {} },
    n: body.n ?? 1,
    stream: body.stream ?? false,
    includeUsage: body.stream_options?.include_usage ?? false,
    trailingToolCallIds: trailingToolCallIds(messages),
  };
}

function refuseUnsupported(body: ChatCompletionBody): void {
  if (body.functions != null) throw badRequest('functions', "'functions' is deprecated and not supported. Send the same functions as 'tools': [{\"type\": \"function\", \"function\": {…}}].", 'unsupported_parameter');
  if (body.function_call != null) throw badRequest('function_call', "'function_call' is deprecated and not supported. Use 'tool_choice'.", 'unsupported_parameter');
  if (body.web_search_options != null) throw badRequest('web_search_options', "'web_search_options' is not supported. Remove it.", 'unsupported_parameter');
  if (body.audio != null) throw badRequest('audio', "'audio' output is not supported. Remove it; answers are text.", 'unsupported_parameter');
  if (Object.keys(body.logit_bias ?? {}).length > 0) throw badRequest('logit_bias', "'logit_bias' is not supported: members have different tokenizers. Remove it.", 'unsupported_parameter');
  if (body.logprobs === true || (body.top_logprobs ?? 0) > 0) throw badRequest(body.logprobs === true ? 'logprobs' : 'top_logprobs', "'logprobs' is not supported: not every member gives them. Leave it out.", 'unsupported_parameter');
  const modality = body.modalities?.find((name) => name !== 'text');
  if (modality !== undefined) throw badRequest('modalities', `'modalities' has '${modality.slice(0, 40)}': answers are text. Leave it out.`, 'unsupported_parameter');
  const choice = body.tool_choice;
  if (typeof choice === 'object' && choice !== null && !body.tools?.some((tool) => tool.function.name === choice.function.name))
    throw badRequest('tool_choice.function.name', `'tool_choice' names '${choice.function.name}', which 'tools' does not have. Add the tool or correct the name.`);
  if (choice === 'required' && !body.tools?.length) throw badRequest('tool_choice', "'tool_choice' is 'required', but 'tools' is missing or empty. Add tools, or leave 'tool_choice' out.");
}

function topLevelParameters(body: ChatCompletionBody): ConsensusParameters {
  const names = Object.keys(consensusParameters.shape) as (keyof ConsensusParameters)[];
  return Object.fromEntries(names.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]));
}

function toSampling(body: ChatCompletionBody): Sampling {
  return withoutMissing({
    temperature: body.temperature,
    topP: body.top_p,
    topK: body.top_k,
    maxOutputTokens: body.max_completion_tokens ?? body.max_tokens,
    stop: typeof body.stop === 'string' ? [body.stop] : body.stop,
    seed: body.seed,
    presencePenalty: body.presence_penalty,
    frequencyPenalty: body.frequency_penalty,
    reasoningEffort: body.reasoning_effort,
    verbosity: body.verbosity,
  });
}

function toTool(tool: NonNullable<ChatCompletionBody['tools']>[number]['function']) {
  return { name: tool.name, parameters: tool.parameters ?? { type: 'object', properties: {} }, ...withoutMissing({ description: tool.description, strict: tool.strict }) };
}

function toToolChoice(body: ChatCompletionBody): ToolChoice | undefined {
  const choice = body.tool_choice;
  if (choice == null || !body.tools?.length) return undefined;
  return typeof choice === 'string' ? { type: choice } : { type: 'tool', name: choice.function.name };
}

function toResponseFormat({ response_format: format }: ChatCompletionBody): ResponseFormat | undefined {
  if (format?.type !== 'json_schema') return format ?? undefined;
  const { name, schema, description, strict } = format.json_schema;
  return { type: 'json_schema', name, schema: schema ?? {}, ...withoutMissing({ description, strict }) };
}

function toMessages(messages: readonly OpenAiMessage[]): ChatMessage[] {
  const names = new Map<string, string>();
  return messages.map((message, index) => {
    const mapped = toMessage(message, index);
    if (mapped.role === 'assistant') for (const call of mapped.toolCalls ?? []) names.set(call.id, call.name);
    if (mapped.role !== 'tool') return mapped;
    const toolName = names.get(mapped.toolCallId);
    if (toolName === undefined) throw orphan(message, mapped.toolCallId, index);
    return { ...mapped, toolName };
  });
}

function orphan(message: OpenAiMessage, toolCallId: string, index: number): Error {
  const field = message.role === 'function' ? 'name' : 'tool_call_id';
  return badRequest(
    `messages.${String(index)}.${field}`,
    `'messages.${String(index)}.${field}' is '${toolCallId.replace(/^function:/, '').slice(0, 80)}', but no assistant message before it made that call. Send the assistant's message with its 'tool_calls' as well.`,
  );
}

function toMessage(message: OpenAiMessage, index: number): ChatMessage {
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: joined(message.content) };
    case 'user':
      return {
        role: 'user',
        content: typeof message.content === 'string' ? message.content : message.content.map((part, partIndex) => toUserPart(part, `messages.${String(index)}.content.${String(partIndex)}`)),
        ...withoutMissing({ name: message.name }),
      };
    case 'assistant':
      return toAssistant(message);
    case 'tool':
      return { role: 'tool', toolCallId: message.tool_call_id, content: joined(message.content) };
    case 'function':
      return { role: 'tool', toolCallId: functionCallId(message.name), content: message.content ?? '' };
    default: {
      const never: never = message;
      return never;
    }
  }
}

type AssistantMessage = Extract<OpenAiMessage, { role: 'assistant' }>;

function toAssistant(message: AssistantMessage): ChatMessage {
  const parts = Array.isArray(message.content) ? message.content : [];
  const text = typeof message.content === 'string' ? message.content : parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const refusal = message.refusal ?? (parts.map((part) => (part.type === 'refusal' ? part.refusal : '')).join('') || undefined);
  const toolCalls: ToolCall[] = (message.tool_calls ?? []).map((call) => ({ id: call.id, name: call.function.name, argumentsJson: call.function.arguments }));
  // The form before tools: one call without an id, answered by a message of role `function`.
  if (message.function_call) toolCalls.push({ id: functionCallId(message.function_call.name), name: message.function_call.name, argumentsJson: message.function_call.arguments });
  return { role: 'assistant', content: text, ...(toolCalls.length > 0 ? { toolCalls } : {}), ...withoutMissing({ refusal }) };
}

function functionCallId(name: string): string {
  return `function:${name}`;
}

function joined(content: string | { text: string }[]): string {
  return typeof content === 'string' ? content : content.map((part) => part.text).join('\n');
}

type OpenAiUserPart = Exclude<Extract<OpenAiMessage, { role: 'user' }>['content'], string>[number];

const audioTypes: Record<string, string> = { mp3: 'audio/mpeg', wav: 'audio/wav', flac: 'audio/flac', ogg: 'audio/ogg', m4a: 'audio/mp4', aac: 'audio/aac' };

function toUserPart(part: OpenAiUserPart, param: string): UserPart {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text };
    case 'image_url': {
      const { url, detail } = typeof part.image_url === 'string' ? { url: part.image_url, detail: undefined } : part.image_url;
      return { type: 'image', ...mediaOf(url, `${param}.image_url.url`), ...withoutMissing({ detail }) };
    }
    case 'input_audio':
      return { type: 'audio', data: part.input_audio.data, mediaType: audioTypes[part.input_audio.format] ?? `audio/${part.input_audio.format}` };
    case 'file':
      return toFile(part.file, param);
    default: {
      const never: never = part;
      return never;
    }
  }
}

function toFile(file: { file_data?: string | null | undefined; filename?: string | null | undefined; file_id?: string | null | undefined }, param: string): UserPart {
  if (file.file_id != null) throw badRequest(`${param}.file.file_id`, "'file_id' refers to a file stored at OpenAI, which other members can't read. Send the file itself as 'file_data': \"data:application/pdf;base64,…\".", 'unsupported_parameter');
  if (file.file_data == null) throw badRequest(`${param}.file.file_data`, `'${param}.file.file_data' is missing. Send the file as a data URL: "data:application/pdf;base64,…".`);
  const media = file.file_data.startsWith('data:') ? mediaOf(file.file_data, `${param}.file.file_data`) : { data: file.file_data, mediaType: 'application/pdf' };
  return { type: 'file', ...media, ...withoutMissing({ filename: file.filename }) };
}

/** An address is passed on as it is; a data URL is taken apart, because providers want its parts. */
function mediaOf(url: string, param: string): { url: string } | { data: string; mediaType: string } {
  if (/^https?:\/\//i.test(url)) return { url };
  const parsed = parseDataUrl(url);
  if (!parsed) throw badRequest(param, `'${param}' is '${url.slice(0, 40)}${url.length > 40 ? '…' : ''}': expected an http(s) address or a data URL such as "data:image/png;base64,…".`);
  return parsed;
}

/** The tool results a conversation ends with; empty when it ends otherwise. */
export function trailingToolCallIds(messages: readonly ChatMessage[]): string[] {
  const last = messages.findLastIndex((message) => message.role !== 'tool');
  return messages.slice(last + 1).flatMap((message) => (message.role === 'tool' ? [message.toolCallId] : []));
}
