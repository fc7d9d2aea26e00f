import { seededHash } from '../ballots/seeded-random.js';
import type { CompletionOutcome } from './decision.js';

/**
 * The outcome with tool call ids by which follow-ups can be recognised. Most models' ids are random and stay as they are; some models only count
 * (`call_0`, `functions.weather:0`), and a result for such an id would go to whichever completion used it last. Those, and ids that occur twice,
 * are replaced by ones derived from the completion: the same for every attempt to record it.
 */
export function withOwnToolCallIds(completionId: string, outcome: CompletionOutcome): CompletionOutcome {
  if (!outcome.ok || outcome.decision.choices.every((choice) => choice.toolCalls.length === 0)) return outcome;
  const seen = new Set<string>();
  const choices = outcome.decision.choices.map((choice, choiceIndex) => ({
    ...choice,
    toolCalls: choice.toolCalls.map((toolCall, index) => {
      const isKept = isTelling(toolCall.id) && !seen.has(toolCall.id);
      seen.add(toolCall.id);
      return isKept ? toolCall : { ...toolCall, id: `call_${seededHash(completionId, choiceIndex, index).slice(0, 24)}` };
    }),
  }));
  return { ok: true, decision: { ...outcome.decision, choices } };
}

/** Long enough to be random, and no running number at the end. */
function isTelling(id: string): boolean {
  return /^[A-Za-z0-9_-]{12,128}$/.test(id) && !/(?:^|[^A-Za-z0-9])\d{1,4}$/.test(id);
}
