import type { ToolCall } from '../../domain/chat/chat-request.js';
import type { Choice } from '../../domain/chat/decision.js';
import type { CompletedRecord, CompletionRecord } from './completion-record.js';
import { statedUsage } from './completion-usage.js';
import { conclaveObject, type AnswerContext } from './conclave-object.js';

/** A finished completion as Anthropic's `message`. */
export function messageResponse(record: CompletedRecord, context: AnswerContext): Record<string, unknown> {
  const choice = firstChoice(record);
  return {
    ...envelope(record),
    content: contentOf(choice),
    stop_reason: anthropicStopReason(choice),
    // Most vendors do not say which sequence ended an answer, and whose answer this is should not show in its shape.
    stop_sequence: null,
    usage: anthropicUsage(record),
    conclave: conclaveObject(record, context),
  };
}

/** A completion that still runs: no content yet, and `conclave.status` says so. */
export function runningMessage(record: CompletionRecord): Record<string, unknown> {
  return { ...envelope(record), content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 0, output_tokens: 0 }, conclave: { completion_id: record.id, strategy: record.strategy, status: 'running' } };
}

/** Anthropic's word for why the answer ends. */
export function anthropicStopReason(choice: Choice): string {
  if (choice.toolCalls.length > 0) return 'tool_use';
  switch (choice.finishReason) {
    case 'length':
      return 'max_tokens';
    case 'content_filter':
      return 'refusal';
    case 'stop':
    case 'tool_calls':
      return 'end_turn';
    default: {
      const never: never = choice.finishReason;
      return never;
    }
  }
}

/** Anthropic counts cached input apart from `input_tokens`. */
export function anthropicUsage(record: CompletionRecord): Record<string, number> {
  const usage = statedUsage(record);
  return {
    input_tokens: usage.inputTokens - usage.cachedInputTokens,
    output_tokens: usage.outputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cachedInputTokens,
  };
}

/** The arguments of a tool call as the object Anthropic's clients expect; what is no object is passed on as `{"arguments": "<the model's text>"}`. */
export function toolInput(call: ToolCall): Record<string, unknown> {
  if (call.argumentsJson.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(call.argumentsJson);
    // Checked to be an object just here.
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  } catch {
    // Falls through: the client sees what the model wrote.
  }
  return { arguments: call.argumentsJson };
}

/** The one answer: this endpoint has no `n`. */
export function firstChoice(record: CompletedRecord): Choice {
  return record.decision.choices[0] ?? { text: '', toolCalls: [], finishReason: 'stop' };
}

function envelope(record: CompletionRecord): Record<string, unknown> {
  return { id: record.id, type: 'message', role: 'assistant', model: record.model };
}

function contentOf(choice: Choice): Record<string, unknown>[] {
  const text = choice.text === '' && choice.toolCalls.length > 0 ? [] : [{ type: 'text', text: choice.text }];
  return [...text, ...choice.toolCalls.map((call) => ({ type: 'tool_use', id: call.id, name: call.name, input: toolInput(call) }))];
}
