import type { StrategyName, StrategyPlan } from '../../domain/chat/plan.js';
import { schemaFault } from '../../domain/ballots/bounded-schema.js';
import { maxPanelDepth } from '../config/check-panels.js';
import type { PanelDefinition } from '../config/conclave-file.schema.js';
import { defaultChairmen, defaultSeats, joinedSeats, selfSeats, trioParameters } from './default-seats.js';
import type { ModelDirectory } from './model-directory.js';
import { definitionParameters, optionOf, requestParameters, rolesOf, type NamedSeats, type PanelParameters } from './panel-parameters.js';
import { parseModelName } from './parse-model-name.js';
import { invalid, PlanFault, unknownModel } from './plan-fault.js';
import { competing, planOptions } from './plan-options.js';
import type { PlanQuestion, PlanResult } from './plan-result.js';
import type { PlannerSettings, PlanScope } from './plan-scope.js';
import { planChairmen, planSeats } from './plan-seat.js';
import { resolveModel, suggestion } from './resolve-model.js';

/**
 * The plan of a request, all names and defaults resolved; `randomSeed` is used where the request names none.
 * Pure: equal questions and settings give equal plans.
 */
export function planCompletion(question: PlanQuestion, context: { settings: PlannerSettings; directory: ModelDirectory; randomSeed: number }): PlanResult {
  const { settings, directory } = context;
  const seed = question.extensions.options.seed ?? (question.seed === undefined ? context.randomSeed : foldSeed(question.seed));
  try {
    const plan = planNamed(question.model, { settings, directory, question, seed, trail: [], param: 'model', deadlineMs: Infinity, planNested: planNamed });
    if (question.n > 1 && !competing.includes(plan.strategy))
      throw invalid('n', `n is ${String(question.n)}, but '${plan.strategy}' gives one answer. Use n > 1 only with ${competing.join(', ')}.`);
    const candidates = plan.members.length * (plan.strategy === 'vote' ? plan.options.samples : 1);
    if (question.n > 1 && question.n > candidates) throw invalid('n', `n is ${String(question.n)}, but '${question.model}' has ${String(candidates)} candidates. Lower n or add members.`);
    checkSchema(question.jsonSchema, plan);
    return { ok: true, plan, simulated: callsSimulated(plan, settings.isSimulated) };
  } catch (error) {
    if (error instanceof PlanFault) return { ok: false, ...error.fault };
    throw error;
  }
}

// A request's parameters shape the outermost panel only.
function planNamed(name: string, scope: PlanScope): StrategyPlan {
  const parsed = parseModelName(name);
  switch (parsed.kind) {
    case 'trio':
      return planPanel({ identity: 'trio', strategy: 'approve', own: trioParameters(scope), trio: true }, scope);
    case 'default': {
      const stored = scope.settings.file.default_panel;
      if (stored !== undefined) return planStored(stored, scope);
      return planPanel({ identity: 'gremium-consensus', strategy: 'council', own: { options: {} } }, scope);
    }
    case 'panel':
      return planStored(parsed.panel, scope);
    case 'composite':
      return planComposite(parsed.strategy, parsed.model, scope);
    case 'unknown_strategy':
      throw unknownModel(scope.param, `Model '${name}': '${parsed.strategy}' is not a strategy.${suggestion(name, scope.directory.names())} GET /v1/models lists all names.`);
    case 'model':
      return planPanel({ identity: name, strategy: 'single', own: { members: { seats: [name], param: scope.param }, options: {} } }, scope);
    default: {
      const never: never = parsed;
      return never;
    }
  }
}

function planStored(name: string, scope: PlanScope): StrategyPlan {
  const { panels } = scope.settings.file;
  const definition = Object.hasOwn(panels, name) ? panels[name] : undefined;
  if (!definition) {
    const defined = Object.keys(panels);
    const there = defined.length === 0 ? 'It defines none: add one under `panels`, as conclave.example.yaml does.' : `It defines ${defined.slice(0, 20).join(', ')}.`;
    throw unknownModel(scope.param, `Panel '${name}' is not defined in conclave.yaml. ${there}${suggestion(`panel/${name}`, scope.directory.names())}`);
  }
  const panel = { name, version: scope.settings.panelVersions.get(name) ?? 0 };
  return planPanel({ identity: `panel/${name}`, strategy: definition.strategy, own: definitionParameters(definition, scope.param), panel, toolExecutor: definition.tool_executor }, scope);
}

// The model in the name is the chairman where there is one; it is what `vote` samples, and takes the first seat where other candidates compete.
function planComposite(strategy: StrategyName, model: string, scope: PlanScope): StrategyPlan {
  if (model === '') throw unknownModel(scope.param, `'composite/${strategy}' lacks a model. Write 'composite/${strategy}/<model>' or 'composite/${strategy}/<provider>/<model>'.`);
  resolveModel(model, { param: scope.param, trioBackend: false }, scope.directory);
  const named: NamedSeats = { seats: [model], param: scope.param };
  const identity = `composite/${strategy}/${model}`;
  if (rolesOf(strategy).chairman) return planPanel({ identity, strategy, own: { chairmen: named, options: {} } }, scope);
  const members = strategy === 'vote' || strategy === 'single' ? named : joinedSeats(model, scope);
  return planPanel({ identity, strategy, own: { members, options: {} } }, scope);
}

interface PanelSketch {
  /** What the cycle check compares. */
  identity: string;
  strategy: StrategyName;
  /** Parameters of the panel itself, asked after the request's. */
  own: PanelParameters;
  panel?: { name: string; version: number };
  toolExecutor?: PanelDefinition['tool_executor'];
  trio?: boolean;
}

function planPanel(sketch: PanelSketch, outer: PlanScope): StrategyPlan {
  const { strategy, trio = false } = sketch;
  const outermost = outer.trail.length === 0;
  const request = outermost ? requestParameters(outer.question.extensions, strategy) : undefined;
  const sources = request ? [request, sketch.own] : [sketch.own];
  const times = timesOf(sources, trio, outer);
  const toolExecutor = outermost ? executorOf(sketch, outer) : (outer.toolExecutor ?? null);
  const scope = enter(sketch, { ...outer, deadlineMs: times.deadlineMs, toolExecutor });
  const roster = rosterOf(sources, strategy, scope, { size: request?.maxCouncilSize, trio });
  const options = planOptions(sources, {
    strategy,
    seats: roster.members.length,
    seed: scope.seed,
    n: outermost ? scope.question.n : 1,
    jsonSchema: scope.question.jsonSchema,
    toolExecutor,
    ...times,
  });
  if (roster.self) options.samples = 1; // the seats are the samples already
  checkQuorum(options.quorum.propose, roster.members.length, 'conclave.quorum.propose');
  if (rolesOf(strategy).reviewers) checkQuorum(options.quorum.vote, roster.reviewers.length || roster.members.length, 'conclave.quorum.vote');
  return { strategy, panel: sketch.panel ?? null, members: roster.members, reviewers: roster.reviewers, chairmen: roster.chairmen, options };
}

function rosterOf(sources: readonly PanelParameters[], strategy: StrategyName, scope: PlanScope, how: { size: number | undefined; trio: boolean }) {
  const roles = rolesOf(strategy);
  const chairmen = roles.chairman ? (pick(sources, 'chairmen') ?? defaultChairmen(scope)) : null;
  const reviewers = roles.reviewers ? pick(sources, 'reviewers') : undefined;
  const self = chairmen !== null && strategy === 'moa' && optionOf(sources, 'self') === true;
  const members = self ? selfSeats(chairmen, optionOf(sources, 'samples'), scope) : (pick(sources, 'members') ?? defaultSeats(scope));
  const options = { size: how.size, trioBackend: how.trio };
  return {
    self,
    members: planSeats(members, scope, options),
    reviewers: reviewers ? planSeats(reviewers, scope, options) : [],
    chairmen: chairmen ? planChairmen(chairmen, scope) : [],
  };
}

// One model can't lead back here; everything else must not contain itself or nest too deep.
function enter({ identity, strategy }: PanelSketch, scope: PlanScope): PlanScope {
  const trail = [...scope.trail, identity];
  if (strategy !== 'single' && scope.trail.includes(identity)) throw invalid(scope.param, `Panel '${identity}' contains itself: ${trail.join(' → ')}. Take one of them out.`);
  if (strategy !== 'single' && scope.trail.length > maxPanelDepth) throw invalid(scope.param, `Panels nest deeper than ${String(maxPanelDepth)}: ${trail.join(' → ')}.`);
  return { ...scope, trail };
}

// `trio` has two stages of TRIO_TIMEOUT each; a deadline below that would make the time-out a lie.
function timesOf(sources: readonly PanelParameters[], trio: boolean, scope: PlanScope): { deadlineMs: number; callTimeoutMs: number } {
  const { limits } = scope.settings.file;
  const callTimeoutMs = trio ? scope.settings.trioTimeoutMs : limits.call_timeout_ms;
  const deadlineMs = optionOf(sources, 'deadline_ms') ?? (trio ? Math.max(limits.deadline_ms, 2 * callTimeoutMs) : limits.deadline_ms);
  return { deadlineMs: Math.min(deadlineMs, scope.deadlineMs), callTimeoutMs };
}

function executorOf(sketch: PanelSketch, scope: PlanScope): { names: string[]; maxIterations: number } | null {
  const executor = sketch.toolExecutor ?? (sketch.panel ? undefined : scope.settings.file.default_tool_executor);
  return executor && scope.question.hasTools ? { names: executor.tools, maxIterations: executor.max_iterations ?? 5 } : null;
}

function pick(sources: readonly PanelParameters[], name: 'members' | 'reviewers' | 'chairmen'): NamedSeats | undefined {
  return sources.map((source) => source[name]).find((seats) => seats !== undefined);
}

function checkQuorum(quorum: number | null, seats: number, param: string): void {
  if (quorum !== null && quorum > seats) throw invalid(param, `'${param}' is ${String(quorum)}, but only ${String(seats)} take part. Lower it or add members.`);
}

// A plain model's answer is handed on unchecked; everywhere else the schema is held against answers inside the workflow.
function checkSchema(schema: Record<string, unknown> | null, plan: StrategyPlan): void {
  const isPlain = plan.strategy === 'single' && plan.members.every((member) => member.kind === 'model');
  const fault = schema === null || isPlain ? null : schemaFault(schema);
  if (fault !== null) throw invalid('response_format', fault);
}

function callsSimulated(plan: StrategyPlan, isSimulated: (provider: string) => boolean): boolean {
  return [...plan.members, ...plan.reviewers, ...plan.chairmen].some((member) => (member.kind === 'model' ? isSimulated(member.model.provider) : callsSimulated(member.plan, isSimulated)));
}

/** OpenAI's seed is any integer; ours is below 2³¹. */
export function foldSeed(seed: number): number {
  const range = 2 ** 31;
  return ((Math.trunc(seed) % range) + range) % range;
}
