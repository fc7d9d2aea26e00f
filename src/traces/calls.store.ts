import type { BatchMode } from '../../domain/batches/batch-status.js';
import type { CallAnswer, StageName } from '../../domain/chat/call.js';
import type { ChatRequest, FinishReason, ToolCall, Usage } from '../../domain/chat/chat-request.js';
import { completionChannel } from '../../domain/chat/completion-notification.js';
import type { CompletionNotification } from '../../domain/chat/completion-notification.js';
import { isSampleId } from '../../domain/runs/sample-id.js';
import { safeJson } from '../database/safe-json.js';
import type { Sql } from '../database/sql.js';
import type { CallPrice } from '../../domain/pricing/call-price.js';
import type { CallRecordOutcome } from './call.entity.js';
import type { CallRow } from './call-row.js';

/** One attempt as it enters the ledger. Times are milliseconds since the epoch. */
export interface CallRecord {
  completionId: string;
  key: string;
  stage: StageName;
  memberIndex: number;
  attempt: number;
  provider: string;
  model: string;
  requestHash: string;
  text: string | null;
  toolCalls: ToolCall[] | null;
  finishReason: FinishReason | null;
  usage: Usage | null;
  /** The provider gave no usage, and this one is characters divided by four. */
  usageApproximated?: boolean;
  costNanoUsd: number | null;
  price: CallPrice | null;
  startedAt: number;
  firstTokenAt: number | null;
  endedAt: number;
  outcome: CallRecordOutcome;
  failureCode: string | null;
  failureMessage: string | null;
  droppedParameters: string[] | null;
  responseId: string | null;
  /** The batch or run it was made for; null: a client's completion. */
  groupId: string | null;
  /** Which of the provider's interfaces made it. */
  mode: BatchMode;
}

/** What of a record only an answer fills. */
export const unanswered = {
  text: null, toolCalls: null, finishReason: null, usage: null, costNanoUsd: null, price: null, firstTokenAt: null, failureCode: null, failureMessage: null, droppedParameters: null, responseId: null,
} satisfies Partial<CallRecord>;

/** What the ledger knows of a call that succeeded. `failureCode` is set only where a tool answered with an error. */
export interface RecordedCall extends CallAnswer {
  failureCode: string | null;
  requestHash: string;
}

interface AnswerRow {
  text: string | null;
  tool_calls: ToolCall[] | null;
  finish_reason: FinishReason | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cached_input_tokens: number | null;
  reasoning_tokens: number | null;
  cost_nano_usd: string | null;
  failure_code: string | null;
  request_hash: string;
}

const answerColumns = 'text, tool_calls, finish_reason, input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, cost_nano_usd, failure_code, request_hash';

/** The ledger of calls: prepared statements, one round trip each. */
export class CallsStore {
  constructor(private readonly sql: Sql) {}

  /** The recorded success of a logical call, or null (index `calls_paid_once`). */
  async succeeded(completionId: string, key: string): Promise<RecordedCall | null> {
    const { rows } = await this.sql.query<AnswerRow>({
      name: 'ledger-succeeded',
      text: `SELECT ${answerColumns} FROM calls WHERE completion_id = $1 AND key = $2 AND outcome = 'succeeded'`,
      values: [completionId, key],
    });
    return rows[0] ? answerOf(rows[0]) : null;
  }

  /** The request of a completion, or of a run's sample, together with the recorded success of one of its calls; null where no such thing exists. */
  async requestAndSucceeded(completionId: string, key: string): Promise<{ request: ChatRequest; recorded: RecordedCall | null } | null> {
    const source = isSampleId(completionId) ? 'run_samples' : 'completions';
    const { rows } = await this.sql.query<AnswerRow & { request: ChatRequest; found: string | null }>({
      name: `ledger-request-${source}`,
      text: `SELECT source.request, recorded.id AS found, ${answerColumns.replaceAll(/\b([a-z_]+)\b/g, 'recorded.$1')}
FROM ${source} AS source LEFT JOIN calls AS recorded ON recorded.completion_id = source.id AND recorded.key = $2 AND recorded.outcome = 'succeeded'
WHERE source.id = $1`,
      values: [completionId, key],
    });
    const row = rows[0];
    if (!row) return null;
    return { request: row.request, recorded: row.found === null ? null : answerOf(row) };
  }

  /** Whether a completion, or the run of a sample, was canceled by its caller. */
  async isCanceled(completionId: string): Promise<boolean> {
    const statement = isSampleId(completionId)
      ? { name: 'ledger-run-canceled', text: 'SELECT run.cancel_requested_at IS NOT NULL AS canceled FROM run_samples sample JOIN runs run ON run.id = sample.run_id WHERE sample.id = $1' }
      : { name: 'ledger-status', text: `SELECT status = 'canceled' AS canceled FROM completions WHERE id = $1` };
    const { rows } = await this.sql.query<{ canceled: boolean }>({ ...statement, values: [completionId] });
    return rows[0]?.canceled === true;
  }

  /** Gives up the recorded success of a call that is to be made with another request, so that the new answer takes its place; what the old one cost stays in its row. */
  async supersede(completionId: string, key: string, requestHash: string): Promise<void> {
    const message = 'The sample was asked again, and this call with another request: its answer counts no more.';
    await this.sql.query({
      name: 'ledger-supersede',
      text: `UPDATE calls SET outcome = 'failed', failure_code = 'superseded', failure_message = $4 WHERE completion_id = $1 AND key = $2 AND outcome = 'succeeded' AND request_hash <> $3`,
      values: [completionId, key, requestHash, message],
    });
  }

  /** Enters one attempt and returns its row's id. A second success of the same key changes nothing; then the first one is returned. */
  async enter(record: CallRecord): Promise<{ id: string } | { earlier: RecordedCall | null }> {
    const { rows } = await this.sql.query<{ id: string }>({ name: 'ledger-enter', text: insertText, values: insertValues(record) });
    return rows[0] ? { id: rows[0].id } : { earlier: await this.succeeded(record.completionId, record.key) };
  }

  /** Enters many attempts in one statement; successes of keys that have one change nothing. */
  async enterMany(records: readonly CallRecord[]): Promise<void> {
    if (records.length === 0) return;
    await this.sql.query({ name: 'ledger-enter-many', text: insertManyCalls, values: manyCallsValues(records) });
  }

  /** Tells the apis that a call of a streamed completion ended. A hint: not durable. */
  async notify(notification: CompletionNotification): Promise<void> {
    await this.sql.query({ name: 'ledger-notify', text: 'SELECT pg_notify($1, $2)', values: [completionChannel, JSON.stringify(notification)] });
  }
}

const insertColumns = [
  'completion_id',
  'key',
  'stage',
  'member_index',
  'attempt',
  'provider',
  'model',
  'request_hash',
  'text',
  'tool_calls',
  'finish_reason',
  'input_tokens',
  'output_tokens',
  'cached_input_tokens',
  'reasoning_tokens',
  'cost_nano_usd',
  'price',
  'started_at',
  'first_token_at',
  'ended_at',
  'outcome',
  'failure_code',
  'failure_message',
  'dropped_parameters',
  'response_id',
  'group_id',
  'mode',
  'usage_approximated',
];

const insertText = `INSERT INTO calls (${insertColumns.join(', ')}) VALUES (${insertColumns.map((_, index) => `$${index + 1}`).join(', ')})
ON CONFLICT (completion_id, key) WHERE outcome = 'succeeded' DO NOTHING RETURNING id`;

const insertTypes: Record<string, string> = {
  member_index: 'integer', attempt: 'integer', input_tokens: 'integer', output_tokens: 'integer', cached_input_tokens: 'integer', reasoning_tokens: 'integer', cost_nano_usd: 'bigint',
  tool_calls: 'jsonb', price: 'jsonb', dropped_parameters: 'jsonb', usage_approximated: 'boolean', started_at: 'timestamptz', first_token_at: 'timestamptz', ended_at: 'timestamptz',
};

/** Enters many attempts in one statement, or in a part of one, whose first parameters are `manyCallsValues`. */
export const insertManyCalls = `INSERT INTO calls (${insertColumns.join(', ')})
SELECT * FROM unnest(${insertColumns.map((column, index) => `$${index + 1}::${insertTypes[column] ?? 'text'}[]`).join(', ')})
ON CONFLICT (completion_id, key) WHERE outcome = 'succeeded' DO NOTHING`;

/** How many parameters `insertManyCalls` takes. */
export const manyCallsParameters = insertColumns.length;

/** The parameters of `insertManyCalls`. */
export function manyCallsValues(records: readonly CallRecord[]): unknown[] {
  const rows = records.map(insertValues);
  return insertColumns.map((_, column) => rows.map((row) => row[column]));
}

function insertValues(record: CallRecord): unknown[] {
  return [
    record.completionId,
    record.key,
    record.stage,
    record.memberIndex,
    record.attempt,
    record.provider,
    record.model,
    record.requestHash,
    record.text,
    json(record.toolCalls),
    record.finishReason,
    record.usage?.inputTokens ?? null,
    record.usage?.outputTokens ?? null,
    record.usage?.cachedInputTokens ?? null,
    record.usage?.reasoningTokens ?? null,
    record.costNanoUsd,
    json(record.price),
    new Date(record.startedAt),
    record.firstTokenAt === null ? null : new Date(record.firstTokenAt),
    new Date(record.endedAt),
    record.outcome,
    record.failureCode,
    record.failureMessage,
    json(record.droppedParameters),
    record.responseId,
    record.groupId,
    record.mode,
    record.usageApproximated ?? false,
  ];
}

function json(value: unknown[] | object | null): string | null {
  return value === null || (Array.isArray(value) && value.length === 0) ? null : safeJson(value);
}

/** The row that a record became, as readers of the ledger get it. */
export function rowOf(record: CallRecord, id: string): CallRow {
  const { usage } = record;
  return {
    id,
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
    input_tokens: usage?.inputTokens ?? null,
    output_tokens: usage?.outputTokens ?? null,
    cached_input_tokens: usage?.cachedInputTokens ?? null,
    reasoning_tokens: usage?.reasoningTokens ?? null,
    cost_nano_usd: record.costNanoUsd === null ? null : String(record.costNanoUsd),
    price: record.price,
    started_at: new Date(record.startedAt),
    first_token_at: record.firstTokenAt === null ? null : new Date(record.firstTokenAt),
    ended_at: new Date(record.endedAt),
    outcome: record.outcome,
    failure_code: record.failureCode,
    failure_message: record.failureMessage,
    dropped_parameters: record.droppedParameters,
    response_id: record.responseId,
    group_id: record.groupId,
    mode: record.mode,
  };
}

function answerOf(row: AnswerRow): RecordedCall {
  return {
    text: row.text ?? '',
    toolCalls: row.tool_calls ?? [],
    finishReason: row.finish_reason ?? 'stop',
    usage: {
      inputTokens: row.input_tokens ?? 0,
      outputTokens: row.output_tokens ?? 0,
      cachedInputTokens: row.cached_input_tokens ?? 0,
      reasoningTokens: row.reasoning_tokens ?? 0,
    },
    costNanoUsd: row.cost_nano_usd === null ? null : Number(row.cost_nano_usd),
    failureCode: row.failure_code,
    requestHash: row.request_hash,
  };
}
