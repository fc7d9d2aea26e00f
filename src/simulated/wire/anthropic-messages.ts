import type { FinishReason, ToolChoice, Usage } from '../../../domain/chat/chat-request.js';
import { countTokens, type SimulatedChoice, type SimulatedMessage, type SimulatedReply, type SimulatedRequest } from '../simulated-request.js';
import { InvalidRequest, numberOf, objectOf, objectsOf, piecesOf, sse, stopsOf, stringOf, textOfContent, type WireFormat } from './wire-format.js';

const stopReasons: Record<FinishReason, string> = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use', content_filter: 'refusal' };
const errorTypes: Record<number, string> = {
  400: 'invalid_request_error', 401: 'authentication_error', 402: 'billing_error', 403: 'permission_error', 404: 'not_found_error', 413: 'request_too_large',
  429: 'rate_limit_error', 504: 'timeout_error', 529: 'overloaded_error',
};

/** Anthropic's `POST /v1/messages`. */
export const anthropicMessages: WireFormat = {
  parse({ provider, body, stream }): SimulatedRequest {
    if (typeof body.model !== 'string') throw new InvalidRequest('model: Field required');
    if (typeof body.max_tokens !== 'number') throw new InvalidRequest('max_tokens: Field required');
    const messages = objectsOf(body.messages);
    if (messages.length === 0) throw new InvalidRequest('messages: at least one message is required');
    const system = textOfContent(body.system);
    const format = { ...objectOf(body.output_format), ...objectOf(objectOf(body.output_config).format) };
    return {
      provider, model: body.model, endpoint: 'messages', stream: stream || body.stream === true, includeUsage: true,
      messages: [...(system ? [{ role: 'system' as const, text: system, images: 0, toolCalls: [] }] : []), ...messages.flatMap(readMessage)],
      tools: objectsOf(body.tools).map((tool) => ({ name: stringOf(tool.name), description: stringOf(tool.description), parameters: objectOf(tool.input_schema) })),
      toolChoice: readToolChoice(objectOf(body.tool_choice)),
      parallelToolCalls: objectOf(body.tool_choice).disable_parallel_tool_use !== true,
      json: format.type === 'json_schema' ? { schema: objectOf(format.schema) } : null,
      n: 1,
      maxTokens: body.max_tokens,
      stop: stopsOf(body.stop_sequences),
      seed: null,
      temperature: numberOf(body.temperature),
    };
  },

  answer(reply, request, { id }) {
    const choice = firstChoice(reply);
    return { ...envelope(id, request.model), content: contentOf(choice), stop_reason: stopReasons[choice.finishReason], stop_sequence: null, usage: anthropicUsage(reply.usage) };
  },

  *frames(reply, request, { id }) {
    const choice = firstChoice(reply);
    const usage = anthropicUsage(reply.usage);
    const event = (type: string, fields: Record<string, unknown>): string => sse({ type, ...fields }, type);
    const message = { ...envelope(id, request.model), content: [], stop_reason: null, stop_sequence: null, usage: { ...usage, output_tokens: 1 } };
    yield { data: event('message_start', { message }) + event('ping', {}), tokens: 0 };
    for (const [index, block] of contentOf(choice).entries()) {
      const isText = block.type === 'text';
      yield { data: event('content_block_start', { index, content_block: isText ? { type: 'text', text: '' } : { ...block, input: {} } }), tokens: 0 };
      for (const piece of piecesOf(isText ? choice.text : choice.toolCalls[index]?.argumentsJson ?? '')) {
        yield { data: event('content_block_delta', { index, delta: isText ? { type: 'text_delta', text: piece } : { type: 'input_json_delta', partial_json: piece } }), tokens: countTokens(piece) };
      }
      yield { data: event('content_block_stop', { index }), tokens: 0 };
    }
    const delta = { stop_reason: stopReasons[choice.finishReason], stop_sequence: null };
    yield { data: event('message_delta', { delta, usage: { output_tokens: usage.output_tokens } }) + event('message_stop', {}), tokens: 0 };
  },

  error({ status, kind, message }) {
    const text = kind === 'context_length' ? 'prompt is too long: 250000 tokens > 200000 maximum' : kind === 'quota' ? 'Your credit balance is too low to access the Anthropic API.' : message;
    return { type: 'error', error: { type: kind === 'quota' ? 'billing_error' : errorTypes[status] ?? 'api_error', message: text }, request_id: 'req_simulated' };
  },
  streamError: (message) => sse({ type: 'error', error: { type: 'overloaded_error', message } }, 'error'),
};

function firstChoice(reply: SimulatedReply): SimulatedChoice {
  return reply.choices[0] ?? { text: '', toolCalls: [], finishReason: 'stop' };
}

function envelope(id: string, model: string): Record<string, unknown> {
  return { id: `msg_${id}`, type: 'message', role: 'assistant', model };
}

function contentOf(choice: SimulatedChoice): Record<string, unknown>[] {
  if (choice.toolCalls.length > 0) {
    return choice.toolCalls.map((call) => ({ type: 'tool_use', id: `toolu_${call.id.slice(5)}`, name: call.name, input: JSON.parse(call.argumentsJson) as unknown }));
  }
  return choice.text === '' ? [] : [{ type: 'text', text: choice.text }];
}

function anthropicUsage(usage: Usage): Record<string, unknown> {
  return {
    input_tokens: usage.inputTokens - usage.cachedInputTokens, cache_read_input_tokens: usage.cachedInputTokens, cache_creation_input_tokens: 0,
    output_tokens: usage.outputTokens,
  };
}

function readToolChoice(choice: Record<string, unknown>): ToolChoice {
  if (choice.type === 'any') return { type: 'required' };
  if (choice.type === 'none') return { type: 'none' };
  return choice.type === 'tool' ? { type: 'tool', name: stringOf(choice.name) } : { type: 'auto' };
}

function readMessage(message: Record<string, unknown>): SimulatedMessage[] {
  const parts = objectsOf(message.content);
  const results = parts.filter((part) => part.type === 'tool_result').map((part) => ({ role: 'tool' as const, text: textOfContent(part.content), images: 0, toolCalls: [] }));
  const text = textOfContent(message.content);
  const calls = parts.filter((part) => part.type === 'tool_use').map((part) => ({ name: stringOf(part.name), argumentsJson: JSON.stringify(part.input) }));
  const images = parts.filter((part) => part.type === 'image').length;
  const role = message.role === 'assistant' ? ('assistant' as const) : message.role === 'system' ? ('system' as const) : ('user' as const);
  const own = text !== '' || images > 0 || calls.length > 0 ? [{ role, text, images, toolCalls: calls }] : [];
  return results.length > 0 ? [...own, ...results] : own;
}
