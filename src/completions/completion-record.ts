import type { CompletionFailure, Decision } from '../../domain/chat/decision.js';
import type { CompletionEntity, CompletionStatus } from './completion.entity.js';

type Sums =
  | 'callCount'
  | 'inputTokens'
  | 'outputTokens'
  | 'cachedInputTokens'
  | 'reasoningTokens'
  | 'finalInputTokens'
  | 'finalOutputTokens'
  | 'costNanoUsd'
  | 'costKnown'
  | 'degraded';

/** What an answer is made of: a completion's row without the conversation. */
export type CompletionRecord = Pick<CompletionEntity, 'id' | 'endpoint' | 'model' | 'strategy' | 'panel' | 'usageMode' | 'simulated' | 'createdAt' | Sums> & {
  status: CompletionStatus;
  decision: Decision | null;
  failure: CompletionFailure | null;
};

/** A completion with its answer. */
export type CompletedRecord = CompletionRecord & { decision: Decision };

/** Whether the record has an answer. */
export function isCompleted(record: CompletionRecord): record is CompletedRecord {
  return record.status === 'completed' && record.decision !== null;
}
