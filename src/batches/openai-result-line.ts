import { createHash } from 'node:crypto';
import type { Decision } from '../../domain/chat/decision.js';
import { chatCompletionResponse } from '../completions/chat-completion-response.js';
import type { CompletedRecord } from '../completions/completion-record.js';
import type { ItemResult } from './batch-items.store.js';
import { choicesOf } from './item-result.js';

/** What of the batch its lines repeat. */
export interface LineContext {
  simulated: boolean;
  createdAt: Date;
}

/** The line of an item in the output or the error file of OpenAI's batch interface. */
export function openaiResultLine(item: ItemResult, batch: LineContext): string {
  const id = createHash('sha256').update(item.id).digest('hex').slice(0, 24);
  const line = item.status === 'succeeded' ? answered(item, id, batch) : unanswered(item, id);
  return `${JSON.stringify({ id: `batch_req_${id}`, custom_id: item.customId, ...line })}\n`;
}

function answered(item: ItemResult, id: string, batch: LineContext): Record<string, unknown> {
  const record: CompletedRecord = {
    id: `chatcmpl-${id}`,
    endpoint: 'openai',
    model: item.model,
    strategy: item.strategy,
    panel: item.panel,
    usageMode: 'billing',
    simulated: batch.simulated,
    createdAt: item.finishedAt ?? batch.createdAt,
    status: 'completed',
    failure: null,
    decision: item.decision ?? plainDecision(item),
    callCount: item.sums.calls,
    degraded: item.decision?.degraded ?? false,
    ...item.sums,
    ...(item.answer ? { finalInputTokens: item.answer.inputTokens, finalOutputTokens: item.answer.outputTokens } : {}),
  };
  return { response: { status_code: 200, request_id: `req_${id}`, body: chatCompletionResponse(record, { attached: false, options: {} }) }, error: null };
}

// An item that was answered by an error has one in its body, as at OpenAI; one that was never asked has it beside.
function unanswered({ failure, status }: ItemResult, id: string): Record<string, unknown> {
  const { code, message } = failure ?? { code: 'internal', message: 'The item ended without an answer.' };
  if (status === 'canceled') return { response: null, error: { code: 'batch_cancelled', message } };
  if (code === 'deadline_exceeded') return { response: null, error: { code: 'batch_expired', message } };
  return { response: { status_code: statuses[code] ?? 502, request_id: `req_${id}`, body: { error: { message, type: 'upstream_error', param: null, code } } }, error: null };
}

const statuses: Record<string, number> = { bad_request: 400, unsupported_parameter: 400, context_length: 400, content_filter: 400, not_found: 404, rate_limit: 429, invalid_answer: 422, internal: 500, timeout: 504, overloaded: 503 };

/** What the one answer of a plain model comes to. */
function plainDecision(item: ItemResult): Decision {
  return {
    choices: choicesOf(item),
    source: 'single',
    finalKeys: [],
    actingModel: item.answer?.model ?? null,
    candidates: [],
    ballots: [],
    agreement: null,
    statistics: {},
    degraded: false,
    missing: [],
    stageReached: 'answer',
  };
}
