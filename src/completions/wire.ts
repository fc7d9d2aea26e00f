import type { AnswerContext } from './conclave-object.js';
import { anthropicStream } from './anthropic-stream.js';
import { chatCompletionResponse, runningChatCompletion } from './chat-completion-response.js';
import type { CompletedRecord, CompletionRecord } from './completion-record.js';
import type { BegunCompletion } from './completions.service.js';
import { messageResponse, runningMessage } from './message-response.js';
import { openaiStream } from './openai-stream.js';
import type { StreamEncoder } from './stream-encoder.js';

/** How a completion is told to clients of one vendor. */
export interface Wire {
  response(record: CompletedRecord, context: AnswerContext): Record<string, unknown>;
  running(record: CompletionRecord): Record<string, unknown>;
  stream(begun: BegunCompletion, requestId: string): StreamEncoder;
}

export const wires: Record<'openai' | 'anthropic', Wire> = {
  openai: {
    response: chatCompletionResponse,
    running: runningChatCompletion,
    stream: ({ id, createdAt, asked }, requestId) =>
      openaiStream({
        id,
        model: asked.model,
        created: Math.floor(createdAt.getTime() / 1000),
        includeUsage: asked.includeUsage,
        stages: asked.extensions.options.stream_stages ?? 'comments',
        requestId,
      }),
  },
  anthropic: {
    response: messageResponse,
    running: runningMessage,
    stream: ({ id, asked }, requestId) => anthropicStream({ id, model: asked.model, stages: asked.extensions.options.stream_stages ?? 'comments', requestId }),
  },
};
