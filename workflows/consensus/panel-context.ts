import { seededRandom } from '../../domain/ballots/seeded-random.js';
import { callKey } from '../../domain/chat/call.js';
import type { CallModelInput, CallOutcome } from '../../domain/chat/call.js';
import type { CompletionOutcome } from '../../domain/chat/decision.js';
import type { MemberPlan, StrategyPlan } from '../../domain/chat/plan.js';
import { callWithinSeat, deepestPanel, planWithinSeat, seatOutcome, spentOn } from '../nested-panel.js';
import { runToolLoop } from '../tool-loop.js';
import { strategies } from './registry.js';
import type { StrategyCall, StrategyContext, StrategyEvent } from './strategy.js';

/** One tool that the service runs itself. `key` is the tool's place in the completion. */
export interface ToolRun {
  key: string;
  toolCallId: string;
  name: string;
  argumentsJson: string;
}

/** The timers of one panel. */
export interface PanelClock {
  /** Counts a call as pending until it settles. */
  during<Result>(call: Promise<Result>): Promise<Result>;
  sleep(ms: number): { done: Promise<void>; cancel(): void };
}

/**
 * What stands behind a strategy's hands: Temporal for a completion, the recorded calls for an item of a batch. Everything that gives a call its identity and its content
 * (keys, nested panels, members' own sampling, prompts) is in this file, once for both.
 */
export interface PanelHost {
  completionId: string;
  /** The batch or run it belongs to; missing: a client's completion. */
  groupId?: string;
  /** The client's answer is streamed. */
  stream: boolean;
  now(): number;
  clock(deadlineAt: number): PanelClock;
  /** Never rejects; calls nothing before it returns its promise that would delay the call. */
  callModel(input: CallModelInput, deadlineAt: number): Promise<CallOutcome>;
  /** Never rejects. */
  executeTool(run: ToolRun, deadlineAt: number): Promise<{ content: string; isError: boolean }>;
}

/** Where a panel stands: the completion's own (path `''`, depth 0), or the seat of another. */
export interface PanelPlace {
  host: PanelHost;
  plan: StrategyPlan;
  /** Prefix of every key: `''`, or the seat's key and a colon. */
  path: string;
  depth: number;
  deadlineAt: number;
  onEvent(event: StrategyEvent): void;
}

type ModelSeat = Extract<MemberPlan, { kind: 'model' }>;
type PanelSeat = Extract<MemberPlan, { kind: 'panel' }>;

/** Runs a plan's strategy. */
export function runStrategy(plan: StrategyPlan, context: StrategyContext): Promise<CompletionOutcome> {
  return strategies[plan.strategy].run(plan, context);
}

/** A strategy's hands over a host: each call is one of the host's model calls, or a nested panel. */
export function createPanelContext(place: PanelPlace): StrategyContext {
  const { host } = place;
  const clock = host.clock(place.deadlineAt);
  return {
    now: () => host.now(),
    deadlineAt: place.deadlineAt,
    call: (call) => clock.during(askSeat(place, call)),
    sleep: (ms) => clock.sleep(ms),
    random: seededRandom(place.plan.options.seed, `panel ${place.path}`),
    emit: (event) => {
      place.onEvent(event);
    },
  };
}

async function askSeat(place: PanelPlace, call: StrategyCall): Promise<CallOutcome> {
  if (place.host.now() >= place.deadlineAt) return { ok: false, failure: { code: 'deadline_exceeded', message: 'The deadline passed before the call could start.' } };
  const { member } = call;
  return member.kind === 'panel' ? askPanel(place, call, member) : askModel(place, call, member);
}

function keyOf(place: PanelPlace, call: StrategyCall): string {
  return callKey({ path: place.path, stage: call.stage, layer: call.layer ?? 0, memberIndex: call.memberIndex, sample: call.sample ?? 0 });
}

async function askPanel(place: PanelPlace, seat: StrategyCall, member: PanelSeat): Promise<CallOutcome> {
  const depth = place.depth + 1;
  if (depth > deepestPanel) return { ok: false, failure: { code: 'bad_request', message: `Panels may contain panels to depth ${deepestPanel}; '${member.label}' is deeper.` } };
  const outcomes: CallOutcome[] = [];
  const plan = planWithinSeat(seat, member.plan);
  const context = createPanelContext({
    ...place,
    plan,
    path: `${keyOf(place, seat)}:`,
    depth,
    deadlineAt: Math.min(place.deadlineAt, place.host.now() + member.plan.options.deadlineMs),
    // The client's progress shows the outer panel's stages; the nested ones are in the trace.
    onEvent: () => undefined,
  });
  const call = async (inner: StrategyCall): Promise<CallOutcome> => {
    const outcome = await context.call(callWithinSeat(seat, inner));
    outcomes.push(outcome);
    return outcome;
  };
  return seatOutcome(await runStrategy(plan, { ...context, call }), spentOn(outcomes));
}

async function askModel(place: PanelPlace, call: StrategyCall, member: ModelSeat): Promise<CallOutcome> {
  const { host, deadlineAt } = place;
  const executor = call.tools ? place.plan.options.toolExecutor : null;
  const key = keyOf(place, call);
  if (!executor) return host.callModel(modelInput(place, call, member, key), deadlineAt);
  return runToolLoop({
    ...executor,
    call: (turns, iteration) =>
      host.callModel({ ...modelInput(place, call, member, iteration === 0 ? key : `${key}+${iteration}`), stream: false, ...(turns.length > 0 ? { toolTurns: [...turns] } : {}) }, deadlineAt),
    execute: (toolCall, iteration, index) => {
      const run = { key: `${place.path}tool/${key.slice(place.path.length)}/${iteration}/${index}`, toolCallId: toolCall.id, name: toolCall.name, argumentsJson: toolCall.argumentsJson };
      return host.executeTool(run, deadlineAt);
    },
  });
}

function modelInput(place: PanelPlace, call: StrategyCall, member: ModelSeat, key: string): CallModelInput {
  const { host } = place;
  return {
    completionId: host.completionId,
    ...(host.groupId === undefined ? {} : { groupId: host.groupId }),
    key,
    stage: call.stage,
    memberIndex: call.memberIndex,
    of: call.of,
    model: member.model,
    prompt: call.prompt,
    sampling: call.sampling,
    ...(member.sampling ? { samplingOverride: member.sampling } : {}),
    tools: call.tools,
    ...(call.responseFormat ? { responseFormat: call.responseFormat } : {}),
    // A JSON schema's answer is validated before the client sees any of it.
    stream: host.stream && call.final && place.plan.options.jsonSchema === null,
    progress: host.stream,
    timeoutMs: Math.max(1, Math.min(place.plan.options.callTimeoutMs, place.deadlineAt - host.now())),
  };
}
