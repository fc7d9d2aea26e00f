import type { CallOutcome, CallPrompt } from '../domain/chat/call.js';
import type { Usage } from '../domain/chat/chat-request.js';
import type { CompletionOutcome } from '../domain/chat/decision.js';
import type { StrategyPlan } from '../domain/chat/plan.js';
import { asCallFailure } from './consensus/completion-failures.js';
import type { StrategyCall } from './consensus/strategy.js';

/** Deepest nesting of panels; the planner refuses more, the workflow does too. */
export const deepestPanel = 2;

/**
 * A call inside a nested panel, given what its seat was asked. What the outer prompt says around the client's conversation becomes
 * part of the conversation the nested panel answers; tools, sampling, response format and streaming are the seat's own.
 */
export function callWithinSeat(seat: StrategyCall, inner: StrategyCall): StrategyCall {
  return {
    ...inner,
    prompt: promptWithinSeat(seat.prompt, inner.prompt),
    sampling: inner.sampling === 'client' ? seat.sampling : inner.sampling,
    tools: inner.tools && seat.tools,
    ...(inner.responseFormat === 'client' ? { responseFormat: seat.responseFormat } : {}),
    final: inner.final && seat.final,
  };
}

/** The plan of a nested panel for what its seat was asked: a ballot or review is not held to the client's JSON schema. */
export function planWithinSeat(seat: Pick<StrategyCall, 'responseFormat'>, plan: StrategyPlan): StrategyPlan {
  return seat.responseFormat === 'client' ? plan : { ...plan, options: { ...plan.options, jsonSchema: null } };
}

function promptWithinSeat(seat: CallPrompt, inner: CallPrompt): CallPrompt {
  if (!inner.conversation) return inner;
  const system = joined(inner.system, seat.system);
  const user = joined(seat.user, inner.user);
  return { conversation: seat.conversation, ...(system === undefined ? {} : { system }), ...(user === undefined ? {} : { user }) };
}

function joined(first: string | undefined, second: string | undefined): string | undefined {
  const parts = [first, second].filter((part) => part !== undefined && part !== '');
  return parts.length > 0 ? parts.join('\n\n') : undefined;
}

/** A nested panel's outcome as its seat's answer: the first choice, with everything it spent. */
export function seatOutcome(outcome: CompletionOutcome, spent: { usage: Usage; costNanoUsd: number | null }): CallOutcome {
  if (!outcome.ok) return { ok: false, failure: asCallFailure(outcome.failure) };
  const { actingModel, choices } = outcome.decision;
  const [choice] = choices;
  if (!choice) return { ok: false, failure: { code: 'empty_answer', message: 'The nested panel gave no answer.' } };
  return { ok: true, text: choice.text, toolCalls: choice.toolCalls, finishReason: choice.finishReason, usage: spent.usage, costNanoUsd: spent.costNanoUsd, ...(actingModel === null ? {} : { actingModel }) };
}

/** Sum of the answers a nested panel got. An unknown cost makes the sum unknown. */
export function spentOn(outcomes: CallOutcome[]): { usage: Usage; costNanoUsd: number | null } {
  const usage: Usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0 };
  let costNanoUsd: number | null = 0;
  for (const outcome of outcomes) {
    if (!outcome.ok) continue;
    usage.inputTokens += outcome.usage.inputTokens;
    usage.outputTokens += outcome.usage.outputTokens;
    usage.cachedInputTokens += outcome.usage.cachedInputTokens;
    usage.reasoningTokens += outcome.usage.reasoningTokens;
    costNanoUsd = costNanoUsd === null || outcome.costNanoUsd === null ? null : costNanoUsd + outcome.costNanoUsd;
  }
  return { usage, costNanoUsd };
}
