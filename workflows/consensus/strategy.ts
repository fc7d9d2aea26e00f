import type { CallOutcome, CallPrompt, StageName } from '../../domain/chat/call.js';
import type { ResponseFormat, Sampling } from '../../domain/chat/chat-request.js';
import type { CompletionOutcome } from '../../domain/chat/decision.js';
import type { MemberPlan, StrategyName, StrategyPlan } from '../../domain/chat/plan.js';

/** One call as a strategy asks for it; the context adds identity, models and policies. */
export interface StrategyCall {
  stage: StageName;
  member: MemberPlan;
  /** Position in the stage's roster, from 0, and the roster's size. */
  memberIndex: number;
  of: number;
  /** Layer (moa) and sample (vote, repair, chain position) make a call's identity unique; both default to 0. */
  layer?: number;
  sample?: number;
  prompt: CallPrompt;
  sampling: 'client' | Sampling;
  tools: boolean;
  responseFormat?: 'client' | ResponseFormat;
  /** The text of this call is the client's answer, so it may be streamed as it comes. */
  final: boolean;
}

/** Progress a strategy reports; it never changes the outcome. */
export type StrategyEvent =
  | { type: 'stage'; stage: StageName; calls: number }
  | { type: 'ballot_rejected'; reviewer: string; reason: string };

/**
 * A strategy's hands. The caller gives them, so a strategy imports neither Temporal nor HTTP and a spec drives it with a script.
 * - `call` never rejects: failures are values. A call with equal stage, layer, member index and sample is the same call.
 * - `now` is milliseconds since the epoch, deterministic in replay.
 * - `sleep` resolves after `ms`; it rejects when `signal`-like cancellation happens through the returned `cancel`.
 * - `random` is seeded: the same plan draws the same numbers in any process.
 */
export interface StrategyContext {
  call(call: StrategyCall): Promise<CallOutcome>;
  now(): number;
  sleep(ms: number): { done: Promise<void>; cancel(): void };
  random(): number;
  emit(event: StrategyEvent): void;
  /** Milliseconds since the epoch at which the completion must have its answer. */
  deadlineAt: number;
}

/** The calls of one stage before the first is made; `members` has one entry per call, and the calls of the first chairman only. */
export interface PlannedCalls {
  stage: StageName;
  calls: number;
  members: MemberPlan[];
}

/**
 * A way of making several models answer as one.
 * @example
 * const outcome = await single.run(plan, context);
 */
export interface Strategy {
  name: StrategyName;
  /** Whether the client's `n` > 1 has a meaning: candidates compete and are returned verbatim. */
  competing: boolean;
  /** Calls of an undisturbed completion, by stage, for previews: no repairs, no early stop. A seat held by a panel is one call here. */
  calls(plan: StrategyPlan): PlannedCalls[];
  run(plan: StrategyPlan, context: StrategyContext): Promise<CompletionOutcome>;
}
