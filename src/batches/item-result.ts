import type { Choice } from '../../domain/chat/decision.js';
import { costInUsd } from '../../domain/pricing/cost-in-usd.js';
import { openaiFinishReason } from '../completions/chat-completion-response.js';
import type { ItemResult } from './batch-items.store.js';

/** One line of a batch's results. */
export function itemResultBody(item: ItemResult): Record<string, unknown> {
  const choices = choicesOf(item);
  const [first] = choices;
  return {
    custom_id: item.customId,
    status: item.status,
    model: item.model,
    text: first?.text ?? null,
    output: item.output?.valid === true ? item.output.value : null,
    tool_calls: first?.toolCalls.map((call) => ({ id: call.id, type: 'function', function: { name: call.name, arguments: call.argumentsJson } })) ?? [],
    finish_reason: first ? openaiFinishReason(first) : null,
    ...(choices.length > 1 ? { choices: choices.map((choice) => ({ text: choice.text, finish_reason: openaiFinishReason(choice) })) } : {}),
    decision: decisionBody(item),
    usage: { input_tokens: item.sums.inputTokens, output_tokens: item.sums.outputTokens, cached_input_tokens: item.sums.cachedInputTokens, reasoning_tokens: item.sums.reasoningTokens },
    cost_usd: costInUsd(item.sums),
    cost_known: item.sums.costKnown,
    failure: item.failure === null ? null : { code: item.failure.code, message: item.failure.message, ...(item.output?.valid === false ? { errors: item.output.errors } : {}) },
    attempts: item.sums.attempts,
  };
}

/** What the item answers: of a strategy its decision's choices, of a plain model its one answer; none where it has no answer. */
export function choicesOf({ decision, answer }: ItemResult): Choice[] {
  if (decision) return decision.choices;
  return answer ? [{ text: answer.text, toolCalls: answer.toolCalls, finishReason: answer.finishReason }] : [];
}

function decisionBody({ decision, strategy, panel }: ItemResult): Record<string, unknown> | null {
  if (!decision) return null;
  return {
    strategy,
    panel,
    source: decision.source,
    agreement: decision.agreement,
    degraded: decision.degraded,
    missing: decision.missing.map(({ stage, member, failure }) => ({ stage, member, code: failure.code, message: failure.message })),
    stage_reached: decision.stageReached,
    acting_model: decision.actingModel,
    candidates: decision.candidates,
    statistics: decision.statistics,
  };
}
