import { appendFile } from 'node:fs/promises';
import type { CallRecord } from '../src/traces/calls.store.js';

/** Takes every attempt after it entered the ledger. */
export interface CallLog {
  append(record: CallRecord): void;
}

/** Appends each attempt as a JSON line to `path` (`CALL_LOG_FILE`), in order. A file that can't be written is reported once and never stops a call. */
export function fileCallLog(path: string, onFault: (error: unknown) => void): CallLog {
  let writing: Promise<void> = Promise.resolve();
  let faulty = false;
  return {
    append: (record) => {
      const line = `${JSON.stringify(lineOf(record))}\n`;
      writing = writing
        .then(() => appendFile(path, line))
        .catch((error: unknown) => {
          if (!faulty) onFault(error);
          faulty = true;
        });
    },
  };
}

function lineOf(record: CallRecord): Record<string, unknown> {
  const at = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  return {
    completion_id: record.completionId,
    key: record.key,
    stage: record.stage,
    member_index: record.memberIndex,
    attempt: record.attempt,
    provider: record.provider,
    model: record.model,
    request_hash: record.requestHash,
    text: record.text,
    tool_calls: record.toolCalls,
    finish_reason: record.finishReason,
    input_tokens: record.usage?.inputTokens ?? null,
    output_tokens: record.usage?.outputTokens ?? null,
    cached_input_tokens: record.usage?.cachedInputTokens ?? null,
    reasoning_tokens: record.usage?.reasoningTokens ?? null,
    cost_nano_usd: record.costNanoUsd,
    price: record.price,
    started_at: at(record.startedAt),
    first_token_at: at(record.firstTokenAt),
    ended_at: at(record.endedAt),
    outcome: record.outcome,
    failure_code: record.failureCode,
    failure_message: record.failureMessage,
    dropped_parameters: record.droppedParameters,
    response_id: record.responseId,
  };
}
