import type { Choice } from '../../domain/chat/decision.js';
import type { CompletedRecord, CompletionRecord } from './completion-record.js';
import { statedUsage } from './completion-usage.js';
import { conclaveObject, type AnswerContext } from './conclave-object.js';

/** A finished completion as OpenAI's `chat.completion`. */
export function chatCompletionResponse(record: CompletedRecord, context: AnswerContext): Record<string, unknown> {
  return {
    ...envelope(record),
    choices: record.decision.choices.map((choice, index) => ({ index, message: messageOf(choice), logprobs: null, finish_reason: openaiFinishReason(choice) })),
    usage: openaiUsage(record),
    conclave: conclaveObject(record, context),
  };
}

/** A completion that still runs: no choices yet, and `conclave.status` says so. */
export function runningChatCompletion(record: CompletionRecord): Record<string, unknown> {
  return { ...envelope(record), choices: [], conclave: { completion_id: record.id, strategy: record.strategy, status: 'running' } };
}

/** `tool_calls` wherever there are some: clients stop at anything else. */
export function openaiFinishReason(choice: Choice): string {
  return choice.toolCalls.length > 0 ? 'tool_calls' : choice.finishReason === 'tool_calls' ? 'stop' : choice.finishReason;
}

/** The `usage` object of a chat completion. */
export function openaiUsage(record: CompletionRecord): Record<string, unknown> {
  const usage = statedUsage(record);
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens },
    completion_tokens_details: { reasoning_tokens: usage.hiddenOutputTokens },
  };
}

function envelope(record: CompletionRecord): Record<string, unknown> {
  return { id: record.id, object: 'chat.completion', created: Math.floor(record.createdAt.getTime() / 1000), model: record.model };
}

function messageOf(choice: Choice): Record<string, unknown> {
  const toolCalls = choice.toolCalls.map((call) => ({ id: call.id, type: 'function', function: { name: call.name, arguments: call.argumentsJson } }));
  return {
    role: 'assistant',
    content: choice.text === '' && toolCalls.length > 0 ? null : choice.text,
    refusal: null,
    ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
  };
}
