import type { Choice } from '../../domain/chat/decision.js';
import type { ConclaveOptions } from '../../domain/chat/conclave-extensions.js';
import { errorBody } from '../http/render-error.js';
import { conclaveObject } from './conclave-object.js';
import { anthropicStopReason, anthropicUsage, firstChoice, toolInput } from './message-response.js';
import type { StreamEncoder } from './stream-encoder.js';

/** What an Anthropic stream begins with. */
export interface AnthropicStreamFacts {
  id: string;
  model: string;
  stages: NonNullable<ConclaveOptions['stream_stages']>;
  requestId: string;
}

/**
 * Anthropic's stream of events. Every frame has its `event:` line, without which the official SDKs see nothing; progress and keep-alive
 * are `ping`, the one event that all clients take anywhere.
 */
export function anthropicStream(facts: AnthropicStreamFacts): StreamEncoder {
  let textIsOpen = false;
  const openText = (): string => {
    if (textIsOpen) return '';
    textIsOpen = true;
    return frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
  };
  const ping = (): string => frame('ping', {});

  return {
    start: () =>
      frame('message_start', {
        message: { id: facts.id, type: 'message', role: 'assistant', model: facts.model, content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 0, output_tokens: 0 } },
      }) + ping(),
    text: (text) => openText() + frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
    progress: () => (facts.stages === 'none' ? '' : ping()),
    keepAlive: ping,
    finish: (record, context) => {
      const choice = firstChoice(record);
      // An answer without any block would have no text to read.
      const opened = choice.toolCalls.length === 0 ? openText() : '';
      const closed = textIsOpen ? frame('content_block_stop', { index: 0 }) : '';
      return (
        opened +
        closed +
        toolBlocks(choice, textIsOpen ? 1 : 0) +
        frame('message_delta', { delta: { stop_reason: anthropicStopReason(choice), stop_sequence: null }, usage: anthropicUsage(record), conclave: conclaveObject(record, context) }) +
        frame('message_stop', {})
      );
    },
    error: (error) => frame('error', errorBody(error, 'anthropic', facts.requestId)),
  };
}

function toolBlocks(choice: Choice, firstIndex: number): string {
  return choice.toolCalls
    .map((call, position) => {
      const index = firstIndex + position;
      return (
        frame('content_block_start', { index, content_block: { type: 'tool_use', id: call.id, name: call.name, input: {} } }) +
        frame('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: JSON.stringify(toolInput(call)) } }) +
        frame('content_block_stop', { index })
      );
    })
    .join('');
}

function frame(type: string, data: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}
