import type { ConclaveExtensions, ConclaveOptions, MemberInput } from '../../domain/chat/conclave-extensions.js';
import type { StrategyName } from '../../domain/chat/plan.js';
import type { PanelDefinition } from '../config/conclave-file.schema.js';
import { invalid } from './plan-fault.js';

/** A list of seats as someone wrote it; `param` is the field it stands in, for faults. */
export interface NamedSeats {
  seats: MemberInput[];
  param: string;
  /** The field is a list in the request, so that a fault names the position too. */
  listed?: boolean;
}

export type PanelOptions = NonNullable<PanelDefinition['options']>;

/** One source of parameters: a request, a stored panel, or the default. Sources are asked in that order. */
export interface PanelParameters {
  members?: NamedSeats;
  reviewers?: NamedSeats;
  chairmen?: NamedSeats;
  options: PanelOptions;
  /** Cuts members and reviewers. */
  maxCouncilSize?: number;
}

const judged: readonly StrategyName[] = ['approve', 'rank', 'council'];
const chaired: readonly StrategyName[] = ['council', 'moa', 'fuse'];

/**
 * The parameters of a request. `conclave.members` and `conclave.chairman` win over the top-level fields; of those the strategy's own name
 * (`proposers`/`aggregator` for moa and fuse, else `council_models`/`chairman_model`) wins over the other.
 * Throws a `PlanFault` for a field that has no meaning for the strategy: nothing a client sent is silently lost.
 */
export function requestParameters({ parameters, options }: ConclaveExtensions, strategy: StrategyName): PanelParameters {
  const { members, chairman, usage_mode: _usage, stream_stages: _stages, trace: _trace, ...rest } = options;
  const blends = strategy === 'moa' || strategy === 'fuse';
  const found = {
    members: first([
      ['conclave.members', members],
      ...ordered<MemberInput[] | undefined>(blends, ['proposers', parameters.proposers], ['council_models', parameters.council_models]),
    ]),
    reviewers: first([['review_models', parameters.review_models]]),
    chairmen: first([
      ['conclave.chairman', asList(chairman)],
      ...ordered<string[] | undefined>(blends, ['aggregator', asList(parameters.aggregator)], ['chairman_model', asList(parameters.chairman_model)]),
    ]),
  };
  if (strategy === 'single' && found.members) throw invalid(found.members.param, `'${found.members.param}' has no meaning for a single model. Use a model name such as 'composite/council/<model>'.`);
  if (!judged.includes(strategy)) refuse(found.reviewers?.param, strategy);
  if (!chaired.includes(strategy)) refuse(found.chairmen?.param, strategy);
  for (const name of ['layers', 'self'] as const) if (strategy !== 'moa' && parameters[name] !== undefined && parameters[name] !== false) refuse(name, strategy);
  if (strategy !== 'moa' && strategy !== 'vote' && parameters.samples !== undefined) refuse('samples', strategy);
  return {
    ...found,
    options: withoutUndefined<PanelOptions>({ ...rest, layers: parameters.layers, self: parameters.self, samples: parameters.samples }),
    maxCouncilSize: parameters.max_council_size,
  };
}

/** The parameters of a panel of `conclave.yaml`; `param` is what faults name. */
export function definitionParameters(definition: PanelDefinition, param: string): PanelParameters {
  return {
    members: definition.members && { seats: definition.members, param },
    reviewers: definition.reviewers && { seats: definition.reviewers, param },
    chairmen: definition.chairman === undefined ? undefined : { seats: asList(definition.chairman) ?? [], param },
    options: definition.options ?? {},
  };
}

/** Whether the strategy has reviewers, and whether it has a final model. */
export function rolesOf(strategy: StrategyName): { reviewers: boolean; chairman: boolean } {
  return { reviewers: judged.includes(strategy), chairman: chaired.includes(strategy) };
}

/** The first source's value for an option. */
export function optionOf<Name extends keyof PanelOptions>(sources: readonly PanelParameters[], name: Name): PanelOptions[Name] {
  return sources.map((source) => source.options[name]).find((value) => value !== undefined);
}

function refuse(param: string | undefined, strategy: StrategyName): void {
  if (param !== undefined) throw invalid(param, `'${param}' has no meaning for the strategy '${strategy}'. Leave it out.`);
}

function first(candidates: [string, MemberInput[] | undefined][]): NamedSeats | undefined {
  for (const [param, seats] of candidates) if (seats !== undefined) return { seats, param, listed: true };
  return undefined;
}

function ordered<Value>(keep: boolean, one: [string, Value], other: [string, Value]): [string, Value][] {
  return keep ? [one, other] : [other, one];
}

function asList(value: ConclaveOptions['chairman']): string[] | undefined {
  return typeof value === 'string' ? [value] : value;
}

function withoutUndefined<Value extends object>(value: Value): Value {
  // An object without its undefined entries still has the type whose entries are optional.
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Value;
}
