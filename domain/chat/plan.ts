import type { ModelReference } from './call.js';
import type { Sampling } from './chat-request.js';

export const strategyNames = ['single', 'approve', 'vote', 'rank', 'council', 'moa', 'fuse'] as const;
export type StrategyName = (typeof strategyNames)[number];

/** One seat of a panel: a model, or another panel (to depth 2). `label` is what traces show, such as `openai/gpt-4o-mini` or `panel/fast`. */
export type MemberPlan = { label: string; sampling?: Sampling; acceptsImages?: boolean } & (
  | { kind: 'model'; model: ModelReference }
  | { kind: 'panel'; plan: StrategyPlan }
);

export type VotingRule = 'borda' | 'copeland' | 'schulze' | 'kemeny';
export type SelfVote = 'include' | 'exclude' | 'omit';
export type CandidateOrder = 'latin' | 'fixed';

/** Parameters of a strategy, all resolved: no default is left to the workflow. */
export interface StrategyOptions {
  /** Integer ≥ 0; orders, tie-breaks and labels derive from it. */
  seed: number;
  /** Milliseconds from the start for the whole completion. */
  deadlineMs: number;
  /** Milliseconds for one attempt of one call. */
  callTimeoutMs: number;
  /** Fewest proposals and ballots with which a stage counts; null: `ceil(2N/3)` and `ceil(N/2)`. */
  quorum: { propose: number | null; vote: number | null };
  /** Once quorum is met stragglers get `clamp(ratio × elapsed, minMs, maxMs)` more. */
  grace: { ratio: number; minMs: number; maxMs: number };
  order: CandidateOrder;
  selfVote: SelfVote;
  rule: VotingRule;
  /** Who gets the client's tools: the final model, all members, or nobody. */
  tools: 'final' | 'members' | 'none';
  /** moa: layers 1–3; proposer layers before the aggregator. */
  layers: number;
  /** moa: the aggregator itself, sampled once per seat, proposes. vote: samples per member. */
  samples: number;
  /** vote: stop asking once the leader's posterior passes this. */
  stopAt: number;
  /** Answers wanted by the client's `n`, ranked; 1 unless candidates compete. */
  n: number;
  /** Named HTTP tool endpoints run by the service itself; null: tool calls go to the client. */
  toolExecutor: { names: string[]; maxIterations: number } | null;
  /** Client's response format is a JSON schema: candidates are validated against `request.responseFormat`. */
  jsonSchema: Record<string, unknown> | null;
}

/** A strategy with everything it needs, as the api resolved it. It is the workflow's plan and is stored with the completion. */
export interface StrategyPlan {
  strategy: StrategyName;
  /** Name and version of the stored panel it came from, if any. */
  panel: { name: string; version: number } | null;
  /** Proposers or voters; `single` has exactly one. */
  members: MemberPlan[];
  /** Reviewers; empty: the members review. */
  reviewers: MemberPlan[];
  /** Aggregator, judge and writer, or chairman, in the order in which they are tried; empty where a strategy has none. */
  chairmen: MemberPlan[];
  options: StrategyOptions;
}
