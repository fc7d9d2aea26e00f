import type { BatchOptions } from '../domain/batches/batch-options.js';
import { missedSchema, outputOf } from '../domain/batches/item-output.js';
import type { CompletionFailure, CompletionOutcome } from '../domain/chat/decision.js';
import type { StrategyPlan } from '../domain/chat/plan.js';
import type { CallFailure } from '../domain/failures/failure-code.js';
import type { FinishedItem } from '../src/batches/batch-planning.store.js';
import { asCallFailure } from '../workflows/consensus/completion-failures.js';

/** An item's outcome as its row has it, or that its answer missed the schema and is asked for once more. */
export type ItemOutcome = ({ state: 'finished' } & Omit<FinishedItem, 'id' | 'validationAttempt'>) | { state: 'ask_again' };

/** Judges what the strategy decided by the batch's schema. */
export function itemOutcome(plan: StrategyPlan, outcome: CompletionOutcome, validationAttempt: number, options: Pick<BatchOptions, 'schema' | 'validationAttempts'>): ItemOutcome {
  const plain = isPlain(plan);
  if (!outcome.ok) return { state: 'finished', status: 'failed', decision: null, output: null, failure: failureOf(outcome.failure, plain) };
  const decision = plain ? null : outcome.decision;
  const [choice] = outcome.decision.choices;
  // Calls of tools are not an answer yet.
  if (options.schema === null || !choice || choice.toolCalls.length > 0) return { state: 'finished', status: 'succeeded', decision, output: null, failure: null };
  const output = outputOf(choice.text, options.schema);
  if (output.valid) return { state: 'finished', status: 'succeeded', decision, output, failure: null };
  if (mayAskAgain(validationAttempt, options.validationAttempts)) return { state: 'ask_again' };
  return { state: 'finished', status: 'failed', decision, output, failure: missedSchema(output.errors) };
}

/** One model whose one recorded call is the answer. */
function isPlain(plan: StrategyPlan): boolean {
  return plan.strategy === 'single' && plan.members[0]?.kind === 'model';
}

/** Attempts count on over retries by the user: each of them may ask `validationAttempts` times more. */
function mayAskAgain(validationAttempt: number, validationAttempts: number): boolean {
  return (validationAttempt + 1) % (validationAttempts + 1) !== 0;
}

/** A plain model's failure is its call's; a panel's says who was missing. */
function failureOf(failure: CompletionFailure, plain: boolean): CallFailure {
  return (plain ? failure.missing.at(-1)?.failure : undefined) ?? asCallFailure(failure);
}
