import type { CallAnswer, CallModelInput } from '../domain/chat/call.js';
import type { RecordCompletionInput } from '../workflows/messages/completion-messages.js';

/** Argument of `executeTool`: one tool call of the final model, run by a named HTTP endpoint of `conclave.yaml`. */
export interface ExecuteToolInput {
  completionId: string;
  /** Identity in the ledger: the asking call's key, round and place, such as `tool/chairman/0/0/0/1/0`. */
  key: string;
  toolCallId: string;
  name: string;
  argumentsJson: string;
}

/** The effects of a completion, as its workflow sees them. */
export interface CompletionActivities {
  /** Makes the call once, whoever asks how often: a recorded answer is returned without a call. Throws `ApplicationFailure` typed by failure code. */
  callModel(input: CallModelInput): Promise<CallAnswer>;
  /** Returns the tool's answer as text for the model; a tool's own error is such a text too. */
  executeTool(input: ExecuteToolInput): Promise<{ content: string; isError: boolean }>;
  /** Local activity: writes the outcome and the sums over the ledger, and tells the apis. Idempotent; a finished completion is not changed. */
  recordCompletion(input: RecordCompletionInput): Promise<{ calls: number }>;
}
