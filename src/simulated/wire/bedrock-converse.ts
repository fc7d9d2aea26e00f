import { crc32 } from 'node:zlib';
import type { FinishReason, ToolChoice, Usage } from '../../../domain/chat/chat-request.js';
import { countTokens, type SimulatedMessage, type SimulatedReply, type SimulatedRequest } from '../simulated-request.js';
import { InvalidRequest, numberOf, objectOf, objectsOf, piecesOf, stopsOf, stringOf, textOfContent, type WireFormat } from './wire-format.js';

const stopReasons: Record<FinishReason, string> = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use', content_filter: 'content_filtered' };

/** Bedrock's `model/<id>/converse` and `converse-stream`, whose stream is binary: each character of a frame's `data` is one byte. */
export const bedrockConverse: WireFormat = {
  stream: { contentType: 'application/vnd.amazon.eventstream', encoding: 'latin1' },

  parse({ provider, body, pathModel, stream }): SimulatedRequest {
    const messages = objectsOf(body.messages);
    if (messages.length === 0) throw new InvalidRequest('A conversation must start with a user message. Try again with a conversation that starts with a user message.');
    const system = textOfContent(body.system);
    const config = objectOf(body.inferenceConfig);
    const tools = objectOf(body.toolConfig);
    const format = objectOf(objectOf(objectOf(body.additionalModelRequestFields).output_config).format);
    return {
      provider, model: pathModel ?? '', endpoint: 'converse', stream, includeUsage: true,
      messages: [...(system ? [{ role: 'system' as const, text: system, images: 0, toolCalls: [] }] : []), ...messages.flatMap(readMessage)],
      tools: objectsOf(tools.tools).map((tool) => objectOf(tool.toolSpec)).map((tool) => ({ name: stringOf(tool.name), description: stringOf(tool.description), parameters: objectOf(objectOf(tool.inputSchema).json) })),
      toolChoice: readToolChoice(objectOf(tools.toolChoice)),
      parallelToolCalls: true,
      json: format.type === 'json_schema' ? { schema: objectOf(format.schema) } : null,
      n: 1,
      maxTokens: numberOf(config.maxTokens),
      stop: stopsOf(config.stopSequences),
      seed: null,
      temperature: numberOf(config.temperature),
    };
  },

  answer(reply) {
    return { output: { message: { role: 'assistant', content: contentOf(reply) } }, stopReason: stopReasonOf(reply), usage: usageOf(reply.usage), metrics: { latencyMs: 1 } };
  },

  *frames(reply) {
    const choice = reply.choices[0];
    yield { data: eventStreamMessage('messageStart', { role: 'assistant' }), tokens: 0 };
    for (const [contentBlockIndex, block] of contentOf(reply).entries()) {
      const call = block.toolUse;
      if (call !== undefined) yield { data: eventStreamMessage('contentBlockStart', { contentBlockIndex, start: { toolUse: { toolUseId: call.toolUseId, name: call.name } } }), tokens: 0 };
      for (const piece of piecesOf(call === undefined ? (choice?.text ?? '') : JSON.stringify(call.input))) {
        yield { data: eventStreamMessage('contentBlockDelta', { contentBlockIndex, delta: call === undefined ? { text: piece } : { toolUse: { input: piece } } }), tokens: countTokens(piece) };
      }
      yield { data: eventStreamMessage('contentBlockStop', { contentBlockIndex }), tokens: 0 };
    }
    yield { data: eventStreamMessage('messageStop', { stopReason: stopReasonOf(reply) }) + eventStreamMessage('metadata', { usage: usageOf(reply.usage), metrics: { latencyMs: 1 } }), tokens: 0 };
  },

  error: ({ kind, message }) => ({
    message: kind === 'context_length' ? 'Input is too long for requested model.' : kind === 'quota' ? 'You have exceeded your current quota.' : message,
  }),
  streamError: (message) => eventStreamMessage('modelStreamErrorException', { message }, 'exception'),
};

/**
 * One message of AWS' event stream, a byte a character: total length, length of headers, their CRC-32, headers, payload, CRC-32 of all
 * (https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html).
 */
export function eventStreamMessage(type: string, payload: unknown, kind: 'event' | 'exception' = 'event'): string {
  const headers = Buffer.concat(Object.entries({ [`:${kind}-type`]: type, ':content-type': 'application/json', ':message-type': kind }).map(([name, value]) => header(name, value)));
  const body = Buffer.from(JSON.stringify(payload));
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(16 + headers.length + body.length, 0);
  prelude.writeUInt32BE(headers.length, 4);
  const message = Buffer.concat([prelude, checksum(prelude), headers, body]);
  return Buffer.concat([message, checksum(message)]).toString('latin1');
}

const textHeader = 7;
function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([textHeader]), length, Buffer.from(value)]);
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}

interface Block {
  text?: string;
  toolUse?: { toolUseId: string; name: string; input: unknown };
}

function contentOf(reply: SimulatedReply): Block[] {
  const choice = reply.choices[0];
  if (choice === undefined) return [];
  if (choice.toolCalls.length > 0) return choice.toolCalls.map((call) => ({ toolUse: { toolUseId: `tooluse_${call.id.slice(5)}`, name: call.name, input: JSON.parse(call.argumentsJson) as unknown } }));
  return choice.text === '' ? [] : [{ text: choice.text }];
}

function stopReasonOf(reply: SimulatedReply): string {
  return stopReasons[reply.choices[0]?.finishReason ?? 'stop'];
}

// Cached tokens stand beside the input here.
function usageOf(usage: Usage): Record<string, number> {
  const inputTokens = usage.inputTokens - usage.cachedInputTokens;
  return { inputTokens, outputTokens: usage.outputTokens, totalTokens: usage.inputTokens + usage.outputTokens, cacheReadInputTokens: usage.cachedInputTokens, cacheWriteInputTokens: 0 };
}

function readToolChoice(choice: Record<string, unknown>): ToolChoice {
  if ('any' in choice) return { type: 'required' };
  return 'tool' in choice ? { type: 'tool', name: stringOf(objectOf(choice.tool).name) } : { type: 'auto' };
}

function readMessage(message: Record<string, unknown>): SimulatedMessage[] {
  const parts = objectsOf(message.content);
  const results = parts.filter((part) => part.toolResult).map((part) => ({ role: 'tool' as const, text: textOfContent(objectOf(part.toolResult).content), images: 0, toolCalls: [] }));
  const text = textOfContent(parts);
  const calls = parts.filter((part) => part.toolUse).map((part) => ({ name: stringOf(objectOf(part.toolUse).name), argumentsJson: JSON.stringify(objectOf(part.toolUse).input) }));
  const images = parts.filter((part) => part.image).length;
  const own = text !== '' || images > 0 || calls.length > 0 ? [{ role: message.role === 'assistant' ? ('assistant' as const) : ('user' as const), text, images, toolCalls: calls }] : [];
  return [...results, ...own];
}
