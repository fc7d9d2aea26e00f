import { isComplete, toFinishReason, type Received } from './from-parts.js';
import type { ProviderResponse } from './provider.js';
import { failure, type FailureContext } from './to-provider-failure.js';
import { toUsage } from './to-usage.js';

/** The answer in what was received. Throws `server_error` where there is none, and `content_filter` where a filter took it all. */
export function toAnswer(received: Received, context: FailureContext): Omit<ProviderResponse, 'droppedParameters' | 'firstTokenAt'> {
  const { text, toolCalls, finish } = received;
  if (finish === null || (!isComplete(received) && text === '' && toolCalls.length === 0)) throw failure('server_error', 'it gave no answer', context);
  const finishReason = toFinishReason(finish.reason, toolCalls);
  if (finishReason === null) throw failure('server_error', `it ended the answer with an error${finish.reason.raw === undefined ? '' : ` (${finish.reason.raw.slice(0, 60)})`}`, context);
  if (finishReason === 'content_filter' && text === '' && toolCalls.length === 0) throw failure('content_filter', 'its content filter gave no answer', context);
  return {
    text,
    ...(received.reasoning !== '' && { reasoning: received.reasoning }),
    toolCalls,
    finishReason,
    usage: toUsage(finish.usage),
    ...(received.responseId !== undefined && received.responseId !== '' && { responseId: received.responseId }),
  };
}
