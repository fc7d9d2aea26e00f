import type { CallFailure } from '../failures/failure-code.js';
import type { FinishReason, ToolCall } from './chat-request.js';
import type { StageName } from './call.js';

/** One answer that a completion gives to the client; more than one only where candidates compete and the client asked for `n` > 1. */
export interface Choice {
  text: string;
  toolCalls: ToolCall[];
  finishReason: FinishReason;
}

/** One candidate as the trace shows it. `accepted` and `preferred` count ballots (approve); `score` is in [0, 1], the rule's own (rank, council, vote). */
export interface Candidate {
  label: string;
  key: string;
  text: string;
  accepted?: number;
  preferred?: number;
  score?: number;
  /** Place in the outcome, from 0. */
  rank?: number;
  eligible: boolean;
}

/** One reviewer's ballot as counted. `order` lists candidate indices in the order they were shown; `ranking` best first, candidate indices, as counted. `accepted` has one verdict per entry of `order`; `preferred` is a candidate index. */
export interface BallotRecord {
  reviewer: string;
  key: string;
  order: number[];
  ranking?: number[];
  accepted?: boolean[];
  preferred?: number | null;
  rejected?: string;
}

/** A member that gave nothing usable, and why. */
export interface Missing {
  stage: StageName;
  member: string;
  failure: CallFailure;
}

/** What a strategy decided. Texts are the client's; everything else explains it. */
export interface Decision {
  choices: Choice[];
  /** How the answer came about. */
  source: 'synthesis' | 'winner' | 'plurality' | 'single' | 'fallback';
  /** Keys of the calls of the final stage, for `usage_mode: client`. */
  finalKeys: string[];
  /** The model that acts for the panel: follow-ups with tool results go to it. */
  actingModel: string | null;
  candidates: Candidate[];
  ballots: BallotRecord[];
  /** In [0, 1]; null where nothing was voted on. */
  agreement: number | null;
  /** Further statistics, by name. */
  statistics: Record<string, number | null>;
  degraded: boolean;
  missing: Missing[];
  /** The last stage that completed. */
  stageReached: StageName;
}

/** A completion that gave no answer. */
export interface CompletionFailure {
  code: 'quorum_not_reached' | 'deadline_exceeded' | 'upstream_auth' | 'upstream_error' | 'bad_request' | 'context_length_exceeded' | 'content_filter' | 'canceled' | 'internal';
  message: string;
  missing: Missing[];
  stageReached: StageName | null;
}

export type CompletionOutcome = { ok: true; decision: Decision } | { ok: false; failure: CompletionFailure };
