import { strategyNames, type SelfVote, type StrategyName, type StrategyOptions } from '../../domain/chat/plan.js';
import { strategies } from '../../workflows/consensus/registry.js';
import { optionOf, type PanelParameters } from './panel-parameters.js';

const selfVotes: Partial<Record<StrategyName, SelfVote>> = { council: 'exclude', rank: 'omit' };

/** Strategies whose candidates compete and are returned verbatim: `n` > 1 has a meaning, and members get the client's tools. */
export const competing: readonly StrategyName[] = strategyNames.filter((name) => strategies[name].competing);

/** What options depend on besides the parameters. */
export interface OptionFacts {
  strategy: StrategyName;
  /** Seats of members, for the default number of samples. */
  seats: number;
  seed: number;
  n: number;
  jsonSchema: Record<string, unknown> | null;
  toolExecutor: StrategyOptions['toolExecutor'];
  /** Milliseconds for the whole, settled. */
  deadlineMs: number;
  /** Milliseconds for an attempt of a call where no source names them. */
  callTimeoutMs: number;
}

/** Every option of a strategy from the first source that names it, else the default. */
export function planOptions(sources: readonly PanelParameters[], facts: OptionFacts): StrategyOptions {
  const { deadlineMs } = facts;
  const grace = merged(sources.map((source) => source.options.grace));
  const quorum = merged(sources.map((source) => source.options.quorum));
  return {
    seed: facts.seed,
    deadlineMs,
    callTimeoutMs: Math.min(optionOf(sources, 'call_timeout_ms') ?? (facts.strategy === 'single' ? deadlineMs : facts.callTimeoutMs), deadlineMs),
    quorum: { propose: quorum.propose ?? null, vote: quorum.vote ?? null },
    grace: { ratio: grace.ratio ?? 0.25, minMs: grace.min_ms ?? 500, maxMs: grace.max_ms ?? 5_000 },
    order: optionOf(sources, 'order') ?? 'latin',
    selfVote: optionOf(sources, 'self_vote') ?? selfVotes[facts.strategy] ?? 'include',
    rule: optionOf(sources, 'rule') ?? 'borda',
    tools: toolsOf(optionOf(sources, 'tools') ?? 'final', facts.strategy),
    layers: optionOf(sources, 'layers') ?? 1,
    samples: optionOf(sources, 'samples') ?? (facts.strategy === 'vote' && facts.seats === 1 ? 9 : 1),
    stopAt: optionOf(sources, 'stop_at') ?? 0.9,
    n: facts.n,
    toolExecutor: facts.toolExecutor,
    jsonSchema: facts.jsonSchema,
  };
}

// Where no final model exists the winner's own calls are the answer, so its members need the tools.
function toolsOf(tools: StrategyOptions['tools'], strategy: StrategyName): StrategyOptions['tools'] {
  return tools === 'final' && competing.includes(strategy) ? 'members' : tools;
}

// A request that names only `grace.ratio` keeps the panel's other two.
function merged<Value extends object>(values: readonly (Value | undefined)[]): Partial<Value> {
  return Object.assign({}, ...[...values].reverse()) as Partial<Value>;
}
