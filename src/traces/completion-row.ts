import type { ChatRequest } from '../../domain/chat/chat-request.js';
import type { CompletionFailure, Decision } from '../../domain/chat/decision.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import type { CompletionStatus } from '../completions/completion.entity.js';

/** A completion as lists show it; sums are over its calls so far, `bigint` columns are text. */
export interface CompletionRow {
  id: string;
  status: CompletionStatus;
  caller: string;
  endpoint: 'openai' | 'anthropic';
  model: string;
  strategy: string;
  panel: string | null;
  stream: boolean;
  simulated: boolean;
  created_at: Date;
  deadline_at: Date;
  finished_at: Date | null;
  degraded: boolean;
  agreement: number | null;
  failure_code: string | null;
  calls: string;
  failed_calls: string;
  input_tokens: string;
  output_tokens: string;
  cached_input_tokens: string;
  reasoning_tokens: string;
  cost_nano_usd: string;
  cost_known: boolean;
}

/** A completion with everything its trace needs. */
export interface CompletionTraceRow extends CompletionRow {
  plan: StrategyPlan;
  request: ChatRequest;
  decision: Decision | null;
  failure: CompletionFailure | null;
}
