import type { Usage } from '../../../domain/chat/chat-request.js';
import { countTokens, type SimulatedChoice, type SimulatedMessage, type SimulatedReply, type SimulatedRequest } from '../simulated-request.js';
import { readOpenaiToolChoice, readTool } from './openai-chat.js';
import { openaiError } from './openai-error.js';
import { InvalidRequest, numberOf, objectOf, objectsOf, piecesOf, sse, stringOf, textOfContent, type AnswerIdentity, type StreamFrame, type WireFormat } from './wire-format.js';

/** OpenAI's `POST /v1/responses`. */
export const openaiResponses: WireFormat = {
  parse({ provider, body, stream }): SimulatedRequest {
    if (typeof body.model !== 'string') throw new InvalidRequest('you must provide a model parameter');
    const input = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : objectsOf(body.input);
    if (input.length === 0) throw new InvalidRequest("Missing required parameter: 'input'.");
    const instructions = stringOf(body.instructions);
    const format = objectOf(objectOf(body.text).format);
    return {
      provider, model: body.model, endpoint: 'responses', stream: stream || body.stream === true, includeUsage: true,
      messages: [...(instructions ? [messageOf('system', instructions)] : []), ...input.map(readItem)],
      tools: objectsOf(body.tools).filter((tool) => tool.type === 'function').map(readTool),
      toolChoice: readOpenaiToolChoice(body.tool_choice),
      parallelToolCalls: body.parallel_tool_calls !== false,
      json: format.type === 'json_schema' ? { schema: objectOf(format.schema) } : format.type === 'json_object' ? { schema: null } : null,
      n: 1,
      maxTokens: numberOf(body.max_output_tokens),
      stop: [],
      seed: null,
      temperature: numberOf(body.temperature),
    };
  },

  answer(reply, request, identity) {
    const choice = firstChoice(reply);
    return response({ reply, request, identity, output: outputOf(choice, identity.id), done: true });
  },

  *frames(reply, request, identity): Generator<StreamFrame> {
    const choice = firstChoice(reply);
    let sequence = 0;
    const event = (type: string, fields: Record<string, unknown>): string => sse({ type, sequence_number: sequence++, ...fields }, type);
    const started = response({ reply, request, identity, output: [], done: false });
    yield { data: event('response.created', { response: started }) + event('response.in_progress', { response: started }), tokens: 0 };
    if (choice.toolCalls.length === 0) yield* textFrames(choice, `msg_${identity.id}`, event);
    for (const [index, call] of choice.toolCalls.entries()) {
      const item = { type: 'function_call', id: `fc_${identity.id}_${index}`, call_id: call.id, name: call.name };
      yield { data: event('response.output_item.added', { output_index: index, item: { ...item, arguments: '', status: 'in_progress' } }), tokens: countTokens(call.name) };
      for (const delta of piecesOf(call.argumentsJson)) {
        yield { data: event('response.function_call_arguments.delta', { item_id: item.id, output_index: index, delta }), tokens: countTokens(delta) };
      }
      const whole = { ...item, arguments: call.argumentsJson, status: 'completed' };
      yield {
        data: event('response.function_call_arguments.done', { item_id: item.id, output_index: index, arguments: call.argumentsJson }) + event('response.output_item.done', { output_index: index, item: whole }),
        tokens: 0,
      };
    }
    const complete = response({ reply, request, identity, output: outputOf(choice, identity.id), done: true });
    yield { data: event(isComplete(choice) ? 'response.completed' : 'response.incomplete', { response: complete }), tokens: 0 };
  },

  error: openaiError,
  streamError: (message) => sse({ type: 'error', sequence_number: 1, code: 'server_error', message, param: null, error: { type: 'server_error', code: 'server_error', message, param: null } }, 'error'),
};

function* textFrames(choice: SimulatedChoice, id: string, event: (type: string, fields: Record<string, unknown>) => string): Generator<StreamFrame> {
  const place = { item_id: id, output_index: 0, content_index: 0 };
  const item = { type: 'message', id, role: 'assistant' };
  yield {
    data:
      event('response.output_item.added', { output_index: 0, item: { ...item, status: 'in_progress', content: [] } }) +
      event('response.content_part.added', { ...place, part: { type: 'output_text', text: '', annotations: [], logprobs: [] } }),
    tokens: 0,
  };
  for (const delta of piecesOf(choice.text)) yield { data: event('response.output_text.delta', { ...place, delta, logprobs: [] }), tokens: countTokens(delta) };
  const part = { type: 'output_text', text: choice.text, annotations: [], logprobs: [] };
  yield {
    data:
      event('response.output_text.done', { ...place, text: choice.text, logprobs: [] }) +
      event('response.content_part.done', { ...place, part }) +
      event('response.output_item.done', { output_index: 0, item: { ...item, status: 'completed', content: [part] } }),
    tokens: 0,
  };
}

function firstChoice(reply: SimulatedReply): SimulatedChoice {
  return reply.choices[0] ?? { text: '', toolCalls: [], finishReason: 'stop' };
}

function isComplete(choice: SimulatedChoice): boolean {
  return choice.finishReason === 'stop' || choice.finishReason === 'tool_calls';
}

function outputOf(choice: SimulatedChoice, id: string): unknown[] {
  if (choice.toolCalls.length > 0) {
    return choice.toolCalls.map((call, index) => ({ type: 'function_call', id: `fc_${id}_${index}`, call_id: call.id, name: call.name, arguments: call.argumentsJson, status: 'completed' }));
  }
  return [{ type: 'message', id: `msg_${id}`, role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: choice.text, annotations: [], logprobs: [] }] }];
}

function response(input: { reply: SimulatedReply; request: SimulatedRequest; identity: AnswerIdentity; output: unknown[]; done: boolean }): Record<string, unknown> {
  const { reply, request, identity, output, done } = input;
  const choice = firstChoice(reply);
  const complete = isComplete(choice);
  return {
    id: `resp_${identity.id}`, object: 'response', created_at: identity.created, model: request.model,
    status: !done ? 'in_progress' : complete ? 'completed' : 'incomplete',
    error: null,
    incomplete_details: done && !complete ? { reason: choice.finishReason === 'length' ? 'max_output_tokens' : 'content_filter' } : null,
    instructions: null, metadata: {}, output, parallel_tool_calls: request.parallelToolCalls, temperature: request.temperature ?? 1, top_p: 1, tool_choice: 'auto', tools: [],
    usage: done ? responsesUsage(reply.usage) : null,
  };
}

function responsesUsage(usage: Usage): Record<string, unknown> {
  return {
    input_tokens: usage.inputTokens, input_tokens_details: { cached_tokens: usage.cachedInputTokens },
    output_tokens: usage.outputTokens, output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

function messageOf(role: SimulatedMessage['role'], text: string, extra: Partial<SimulatedMessage> = {}): SimulatedMessage {
  return { role, text, images: 0, toolCalls: [], ...extra };
}

function readItem(item: Record<string, unknown>): SimulatedMessage {
  if (item.type === 'function_call') return messageOf('assistant', '', { toolCalls: [{ name: stringOf(item.name), argumentsJson: stringOf(item.arguments) }] });
  if (item.type === 'function_call_output') return messageOf('tool', textOfContent(item.output));
  const role = item.role === 'system' || item.role === 'developer' ? 'system' : item.role === 'assistant' ? 'assistant' : 'user';
  return messageOf(role, textOfContent(item.content), { images: objectsOf(item.content).filter((part) => part.type === 'input_image').length });
}
