import type { ToolCall } from '../../domain/chat/chat-request.js';
import type { BatchMode } from '../../domain/batches/batch-status.js';
import type { CallPrice } from '../../domain/pricing/call-price.js';
import type { CallRecordOutcome } from './call.entity.js';

/** A row of the ledger as SQL gives it; `bigint` columns are text. */
export interface CallRow {
  id: string;
  completion_id: string;
  key: string;
  stage: string;
  member_index: number;
  attempt: number;
  provider: string;
  model: string;
  request_hash: string;
  text: string | null;
  tool_calls: ToolCall[] | null;
  finish_reason: string | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cached_input_tokens: number | null;
  reasoning_tokens: number | null;
  cost_nano_usd: string | null;
  price: CallPrice | null;
  started_at: Date;
  first_token_at: Date | null;
  ended_at: Date;
  outcome: CallRecordOutcome;
  failure_code: string | null;
  failure_message: string | null;
  dropped_parameters: string[] | null;
  response_id: string | null;
  group_id: string | null;
  mode: BatchMode;
}

/** Columns of `CallRow`, with the table's alias. */
export function callColumns(alias: string): string {
  return [
    'id', 'completion_id', 'key', 'stage', 'member_index', 'attempt', 'provider', 'model', 'request_hash', 'text', 'tool_calls', 'finish_reason',
    'input_tokens', 'output_tokens', 'cached_input_tokens', 'reasoning_tokens', 'cost_nano_usd', 'price', 'started_at', 'first_token_at', 'ended_at',
    'outcome', 'failure_code', 'failure_message', 'dropped_parameters', 'response_id', 'group_id', 'mode',
  ].map((column) => `${alias}.${column}`).join(', ');
}
