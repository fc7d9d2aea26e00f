import type { CallModelInput, CallOutcome } from '../domain/chat/call.js';
import type { CompletionOutcome, Decision } from '../domain/chat/decision.js';
import type { StrategyPlan } from '../domain/chat/plan.js';
import { seededHash } from '../domain/ballots/seeded-random.js';
import { createPanelContext, runStrategy } from '../workflows/consensus/panel-context.js';
import type { PanelHost } from '../workflows/consensus/panel-context.js';
import type { StrategyCall } from '../workflows/consensus/strategy.js';

/** One item of a batch and what is known of its calls. */
export interface ItemToAdvance {
  itemId: string;
  batchId: string;
  /** Under the item's own seed. */
  plan: StrategyPlan;
  /** The request's own sampling seed, if it names one. */
  clientSeed: number | null;
  /** How often its answer missed the batch's schema: such an answer is asked again under keys of its own. */
  validationAttempt: number;
  /** Recorded answers and final failures, by key. */
  known: ReadonlyMap<string, CallOutcome>;
}

/** What an item comes to with what is known: its outcome, or the calls that must be made first. */
export type Advance = { state: 'decided'; outcome: CompletionOutcome } | { state: 'missing'; calls: CallModelInput[] };

/**
 * Replays the strategies of some items over their recorded calls, in the order of `items`. Time stands still: there is no grace and no deadline, so everybody's answer or final failure is
 * heard, and quorum and failures count as in realtime. When all promises that can settle have, an undecided strategy waits for calls that nobody has made: these are missing.
 */
export async function advanceItems(items: readonly ItemToAdvance[]): Promise<Advance[]> {
  const replays = items.map((item) => begin(item));
  // Strategies wait for nothing but promises, and `setImmediate` comes after the last of those.
  await new Promise((resolve) => setImmediate(resolve));
  return replays.map((look) => look());
}

function begin(item: ItemToAdvance): () => Advance {
  const missing: CallModelInput[] = [];
  let outcome: CompletionOutcome | null = null;
  const host: PanelHost = {
    completionId: item.itemId,
    groupId: item.batchId,
    stream: false,
    now: () => 0,
    clock: () => ({ during: (call) => call, sleep: () => ({ done: never(), cancel: () => undefined }) }),
    callModel: (call) => {
      const known = item.known.get(call.key);
      if (known) return Promise.resolve(known);
      missing.push(call);
      return never();
    },
    // Plans with a tool executor are refused when a batch is read.
    executeTool: async ({ name }) => ({ content: `The tool '${name}' is not available in a batch.`, isError: true }),
  };
  const context = createPanelContext({ host, plan: item.plan, path: '', depth: 0, deadlineAt: item.plan.options.deadlineMs, onEvent: () => undefined });
  runStrategy(item.plan, { ...context, call: (call) => context.call(askedAgain(item, call)) }).then(
    (decided) => {
      outcome = renamed(item, decided);
    },
    (error: unknown) => {
      outcome = strategyFailed(error);
    },
  );
  return () => {
    if (outcome) return { state: 'decided', outcome };
    return missing.length > 0 ? { state: 'missing', calls: missing } : { state: 'decided', outcome: strategyFailed(new Error('it waits for something that never happens')) };
  };
}

// One for each wait: what is attached to a promise that all share would never be freed.
function never<Result>(): Promise<Result> {
  return new Promise(() => undefined);
}

function strategyFailed(error: unknown): CompletionOutcome {
  return { ok: false, failure: { code: 'internal', message: `The strategy failed: ${error instanceof Error ? error.message : String(error)}`, missing: [], stageReached: null } };
}

/**
 * Whether a call is made anew when the answer missed the batch's schema. Where a final model writes the answer it alone is asked again; where candidates compete, or there is one
 * model only, everybody is.
 */
function isAskedAgain(plan: StrategyPlan, call: { stage: string; layer: number }): boolean {
  return plan.chairmen.length === 0 || call.stage === 'chairman' || call.stage === 'aggregate' || (call.stage === 'repair' && call.layer === 1);
}

/** Samples that one attempt may use, so that the next begins behind them. */
function shiftOf({ plan, validationAttempt }: ItemToAdvance): number {
  return validationAttempt * Math.max(1, plan.options.samples);
}

function askedAgain(item: ItemToAdvance, call: StrategyCall): StrategyCall {
  if (item.validationAttempt === 0 || !isAskedAgain(item.plan, { stage: call.stage, layer: call.layer ?? 0 })) return call;
  return { ...withAnotherSeed(item, call), sample: (call.sample ?? 0) + shiftOf(item) };
}

/** Under a fixed sampling seed the same answer would come again. */
function withAnotherSeed(item: ItemToAdvance, call: StrategyCall): StrategyCall {
  const { member } = call;
  const fixed = member.sampling?.seed ?? (call.sampling === 'client' ? item.clientSeed : null);
  if (fixed === null || member.kind === 'panel') return call;
  const seed = Number.parseInt(seededHash(fixed, 'validation', item.validationAttempt).slice(0, 7), 16);
  return { ...call, member: { ...member, sampling: { ...member.sampling, seed } } };
}

/** The decision with the keys under which its calls are recorded. */
function renamed(item: ItemToAdvance, outcome: CompletionOutcome): CompletionOutcome {
  if (item.validationAttempt === 0 || !outcome.ok) return outcome;
  const rename = (key: string): string => {
    const [stage = '', layer = '', memberIndex = '', sample = ''] = key.split('/');
    return isAskedAgain(item.plan, { stage, layer: Number(layer) }) ? `${stage}/${layer}/${memberIndex}/${Number(sample) + shiftOf(item)}` : key;
  };
  const { decision } = outcome;
  const named: Decision = {
    ...decision,
    finalKeys: decision.finalKeys.map(rename),
    candidates: decision.candidates.map((candidate) => ({ ...candidate, key: rename(candidate.key) })),
    ballots: decision.ballots.map((ballot) => ({ ...ballot, key: rename(ballot.key) })),
  };
  return { ok: true, decision: named };
}
