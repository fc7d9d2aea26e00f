import type { ToolChoice, ToolDefinition, Usage } from '../../../domain/chat/chat-request.js';
import { countTokens, type SimulatedMessage, type SimulatedRequest } from '../simulated-request.js';
import { openaiError } from './openai-error.js';
import { InvalidRequest, numberOf, objectOf, objectsOf, piecesOf, sse, stopsOf, stringOf, textOfContent, type WireFormat } from './wire-format.js';

const roles: Record<string, SimulatedMessage['role']> = { system: 'system', developer: 'system', user: 'user', assistant: 'assistant', tool: 'tool', function: 'tool' };

/** OpenAI's `POST /v1/chat/completions`, and what the OpenAI-compatible providers make of it. */
export const openaiChat: WireFormat = {
  parse({ provider, body, stream }): SimulatedRequest {
    const messages = objectsOf(body.messages);
    if (typeof body.model !== 'string') throw new InvalidRequest('you must provide a model parameter');
    if (messages.length === 0) throw new InvalidRequest("Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.");
    const format = objectOf(body.response_format);
    return {
      provider, model: body.model, endpoint: 'chat.completions', stream: stream || body.stream === true,
      includeUsage: objectOf(body.stream_options).include_usage === true,
      messages: messages.map(readMessage),
      tools: objectsOf(body.tools).map((tool) => readTool(objectOf(tool.function))),
      toolChoice: readOpenaiToolChoice(body.tool_choice),
      parallelToolCalls: body.parallel_tool_calls !== false,
      json: format.type === 'json_schema' ? { schema: objectOf(objectOf(format.json_schema).schema) } : format.type === 'json_object' ? { schema: null } : null,
      n: numberOf(body.n) ?? 1,
      maxTokens: numberOf(body.max_completion_tokens) ?? numberOf(body.max_tokens),
      stop: stopsOf(body.stop),
      seed: numberOf(body.seed),
      temperature: numberOf(body.temperature),
    };
  },

  answer(reply, request, { id, created }) {
    return {
      id: `chatcmpl-${id}`, object: 'chat.completion', created, model: request.model,
      choices: reply.choices.map((choice, index) => ({
        index,
        message: {
          role: 'assistant', content: choice.toolCalls.length > 0 ? null : choice.text, refusal: null,
          ...(choice.toolCalls.length > 0 && { tool_calls: choice.toolCalls.map((call) => ({ id: call.id, type: 'function', function: { name: call.name, arguments: call.argumentsJson } })) }),
        },
        logprobs: null, finish_reason: choice.finishReason,
      })),
      usage: openaiUsage(reply.usage), system_fingerprint: 'fp_simulated',
    };
  },

  *frames(reply, request, { id, created }) {
    const chunk = (choices: unknown[], extra: Record<string, unknown> = {}): string =>
      sse({ id: `chatcmpl-${id}`, object: 'chat.completion.chunk', created, model: request.model, choices, ...(request.includeUsage && { usage: null }), ...extra });
    for (const [index, choice] of reply.choices.entries()) {
      const delta = (value: Record<string, unknown>, finish: string | null = null): string => chunk([{ index, delta: value, logprobs: null, finish_reason: finish }]);
      yield { data: delta({ role: 'assistant', content: choice.toolCalls.length > 0 ? null : '', refusal: null }), tokens: 0 };
      for (const text of piecesOf(choice.text)) yield { data: delta({ content: text }), tokens: countTokens(text) };
      for (const [position, call] of choice.toolCalls.entries()) {
        yield { data: delta({ tool_calls: [{ index: position, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }] }), tokens: countTokens(call.name) };
        for (const piece of piecesOf(call.argumentsJson)) yield { data: delta({ tool_calls: [{ index: position, function: { arguments: piece } }] }), tokens: countTokens(piece) };
      }
      yield { data: delta({}, choice.finishReason), tokens: 0 };
    }
    if (request.provider === 'groq') yield { data: chunk([], { x_groq: { id: `req_${id}`, usage: openaiUsage(reply.usage) } }), tokens: 0 };
    if (request.includeUsage) yield { data: chunk([], { usage: openaiUsage(reply.usage) }), tokens: 0 };
    yield { data: sse('[DONE]'), tokens: 0 };
  },

  error: openaiError,
  streamError: (message) => sse({ error: { message, type: 'server_error', param: null, code: null } }),
};

function readMessage(message: Record<string, unknown>): SimulatedMessage {
  const parts = objectsOf(message.content);
  return {
    role: roles[stringOf(message.role)] ?? 'user',
    text: textOfContent(message.content),
    images: parts.filter((part) => part.type === 'image_url').length,
    toolCalls: objectsOf(message.tool_calls).map((call) => ({ name: stringOf(objectOf(call.function).name), argumentsJson: stringOf(objectOf(call.function).arguments) })),
  };
}

/** A function in OpenAI's form, on either of its endpoints. */
export function readTool(tool: Record<string, unknown>): ToolDefinition {
  return { name: stringOf(tool.name), description: stringOf(tool.description), parameters: objectOf(tool.parameters) };
}

/** `tool_choice` in OpenAI's form, on either of its endpoints. */
export function readOpenaiToolChoice(value: unknown): ToolChoice {
  if (value === 'none' || value === 'required') return { type: value };
  const chosen = objectOf(value);
  const name = stringOf(objectOf(chosen.function).name) || stringOf(chosen.name);
  return name ? { type: 'tool', name } : { type: 'auto' };
}

function openaiUsage(usage: Usage): Record<string, unknown> {
  return {
    prompt_tokens: usage.inputTokens, completion_tokens: usage.outputTokens, total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens }, completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}
