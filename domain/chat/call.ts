import type { CallFailure } from '../failures/failure-code.js';
import type { FinishReason, ResponseFormat, Sampling, ToolCall, Usage } from './chat-request.js';

/** What a call is for, as the Temporal Web UI, traces and metrics name it. */
export type StageName = 'answer' | 'propose' | 'vote' | 'review' | 'judge' | 'aggregate' | 'chairman' | 'repair' | 'tool';

/** One model of one provider, as the registry knows it: `openai` + `gpt-4o-mini`. */
export interface ModelReference {
  provider: string;
  model: string;
}

/**
 * What a call says to its model: optional system text, then (with `conversation`) the client's messages, then optional user text.
 * With `conversation` the client's own system messages stay, after `system`.
 */
export interface CallPrompt {
  system?: string;
  conversation: boolean;
  user?: string;
}

/**
 * The logical identity of a call inside its completion; equal keys are one paid call.
 * @example callKey({ path: '', stage: 'review', layer: 0, memberIndex: 2, sample: 0 }) === 'review/0/2/0'
 */
export function callKey(call: { path: string; stage: StageName; layer: number; memberIndex: number; sample: number }): string {
  return `${call.path}${call.stage}/${call.layer}/${call.memberIndex}/${call.sample}`;
}

/** One call to one model as the workflow schedules it: the argument of the `callModel` activity. Holds no secret and not the conversation. */
export interface CallModelInput {
  /** Of the completion, the batch item or the run's sample. */
  completionId: string;
  /** The batch or run it is made for; missing: a client's completion. */
  groupId?: string;
  /** From `callKey`; unique in the completion. */
  key: string;
  stage: StageName;
  /** Position in the stage's roster, from 0; `of` is the roster's size (for `review · gpt-4o-mini · 2/3`). */
  memberIndex: number;
  of: number;
  model: ModelReference;
  prompt: CallPrompt;
  /** `client`: the request's own sampling; else exactly these. A member's own values are already merged in. */
  sampling: 'client' | Sampling;
  /** Overrides merged over `sampling` (a member's `temperature`, …). */
  samplingOverride?: Sampling;
  /** Whether the client's tools, tool choice and parallel flag go along. */
  tools: boolean;
  /** `client`: the request's own response format; else this one; missing: none. */
  responseFormat?: 'client' | ResponseFormat;
  /** Publish text as it comes to the client's stream: only for the final stage of a streamed completion. */
  stream: boolean;
  /** Tell the client's stream when this call ends: for every call of a streamed completion. */
  progress: boolean;
  /** Milliseconds for one attempt, the provider's whole answer included. */
  timeoutMs: number;
  /** Extra turns after the prompt, for the tool loop: an assistant turn with its calls and the tools' results. */
  toolTurns?: { toolCalls: ToolCall[]; text: string; results: { toolCallId: string; toolName: string; content: string; isError?: boolean }[] }[];
}

/** A model's answer to one call. `costNanoUsd` is null where the price is unknown. */
export interface CallAnswer {
  text: string;
  toolCalls: ToolCall[];
  finishReason: FinishReason;
  usage: Usage;
  costNanoUsd: number | null;
  /** Of a nested panel's answer: the model that acted for it, to which results of its tool calls go. */
  actingModel?: string;
}

/** What became of a call: an answer, or the failure after all retries. */
export type CallOutcome = ({ ok: true } & CallAnswer) | { ok: false; failure: CallFailure };
