import { callKey } from '../../domain/chat/call.js';
import type { CallAnswer } from '../../domain/chat/call.js';
import type { MemberPlan } from '../../domain/chat/plan.js';
import type { SeatOutcome } from './run-stage.js';
import type { StrategyCall, StrategyContext } from './strategy.js';

/** Makes a call and takes only an answer that says something: empty text without tool calls is a failure. */
export async function askMember(context: StrategyContext, call: StrategyCall): Promise<SeatOutcome<CallAnswer>> {
  const outcome = await context.call(call);
  if (!outcome.ok) return outcome;
  if (outcome.text.trim() !== '' || outcome.toolCalls.length > 0) return { ok: true, value: outcome };
  if (outcome.finishReason === 'content_filter') return { ok: false, failure: { code: 'content_filter', message: 'The answer was withheld by the provider\'s content filter.' } };
  const why = outcome.finishReason === 'length' ? ' (the token limit was reached before any text)' : '';
  return { ok: false, failure: { code: 'empty_answer', message: `The answer was empty${why}.` } };
}

/** The key of a call as the strategy knows it; inside a nested panel the ledger's key has the seat's key before it. */
export function keyOf(call: Pick<StrategyCall, 'stage' | 'memberIndex' | 'layer' | 'sample'>): string {
  return callKey({ path: '', stage: call.stage, layer: call.layer ?? 0, memberIndex: call.memberIndex, sample: call.sample ?? 0 });
}

/** The member without the sampling that was meant for its answers: judging has sampling of its own. Reasoning effort stays. */
export function asJudge(member: MemberPlan): MemberPlan {
  const { sampling, ...rest } = member;
  return sampling?.reasoningEffort === undefined ? rest : { ...rest, sampling: { reasoningEffort: sampling.reasoningEffort } };
}

/** Sampling of ballots, reviews and repairs. No token limit: reasoning counts against it, and a ballot cut short is lost. */
export const judging = { temperature: 0 };
