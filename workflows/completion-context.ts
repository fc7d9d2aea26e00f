import { proxyActivities } from '@temporalio/workflow';
import type { CompletionActivities } from '../activities/completion-activities.js';
import { seededRandom } from '../domain/ballots/seeded-random.js';
import { callKey } from '../domain/chat/call.js';
import type { CallModelInput, CallOutcome } from '../domain/chat/call.js';
import type { CompletionOutcome } from '../domain/chat/decision.js';
import type { MemberPlan, StrategyPlan } from '../domain/chat/plan.js';
import { toCallFailure } from './call-failure.js';
import { CompletionClock } from './completion-clock.js';
import type { StrategyCall, StrategyContext, StrategyEvent } from './consensus/strategy.js';
import type { CompletionInput } from './messages/completion-messages.js';
import { callWithinSeat, deepestPanel, planWithinSeat, seatOutcome, spentOn } from './nested-panel.js';
import { callModelOptions, completionPolicies, executeToolOptions } from './policies/activity-options.js';
import { runToolLoop } from './tool-loop.js';

const { callModel, executeTool } = proxyActivities<Pick<CompletionActivities, 'callModel' | 'executeTool'>>({ startToCloseTimeout: '1 minute' });

/** Where a panel stands: the completion's own (path `''`, depth 0), or the seat of another. */
export interface PanelPlace {
  input: CompletionInput;
  plan: StrategyPlan;
  /** Prefix of every key: `''`, or the seat's key and a colon. */
  path: string;
  depth: number;
  deadlineAt: number;
  /** How to run a nested plan; given, so that this file does not depend on the registry. */
  runStrategy(plan: StrategyPlan, context: StrategyContext): Promise<CompletionOutcome>;
  onCall(change: 'started' | 'ended'): void;
  onEvent(event: StrategyEvent): void;
}

type ModelSeat = Extract<MemberPlan, { kind: 'model' }>;
type PanelSeat = Extract<MemberPlan, { kind: 'panel' }>;

/** A strategy's hands over Temporal: each call is one `callModel` activity under the input's policy, or a nested panel. */
export function createCompletionContext(place: PanelPlace): StrategyContext {
  const clock = new CompletionClock(place.deadlineAt);
  return {
    now: () => Date.now(),
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
  if (Date.now() >= place.deadlineAt) return { ok: false, failure: { code: 'deadline_exceeded', message: 'The deadline passed before the call could start.' } };
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
  const context = createCompletionContext({
    ...place,
    plan,
    path: `${keyOf(place, seat)}:`,
    depth,
    deadlineAt: Math.min(place.deadlineAt, Date.now() + member.plan.options.deadlineMs),
    // The client's progress shows the outer panel's stages; the nested ones are in the trace.
    onEvent: () => undefined,
  });
  const call = async (inner: StrategyCall): Promise<CallOutcome> => {
    const outcome = await context.call(callWithinSeat(seat, inner));
    outcomes.push(outcome);
    return outcome;
  };
  return seatOutcome(await place.runStrategy(plan, { ...context, call }), spentOn(outcomes));
}

async function askModel(place: PanelPlace, call: StrategyCall, member: ModelSeat): Promise<CallOutcome> {
  const executor = call.tools ? place.plan.options.toolExecutor : null;
  const key = keyOf(place, call);
  if (!executor) return once(place, modelInput(place, call, member, key));
  return runToolLoop({
    ...executor,
    call: (turns, iteration) => once(place, { ...modelInput(place, call, member, iteration === 0 ? key : `${key}+${iteration}`), stream: false, ...(turns.length > 0 ? { toolTurns: [...turns] } : {}) }),
    execute: async (toolCall, iteration, index) => {
      try {
        const options = executeToolOptions(policyOf(place), { summary: `tool · ${toolCall.name}`, remainingMs: place.deadlineAt - Date.now() });
        return await executeTool.executeWithOptions(options, [
          { completionId: place.input.completionId, key: `${place.path}tool/${key.slice(place.path.length)}/${iteration}/${index}`, toolCallId: toolCall.id, name: toolCall.name, argumentsJson: toolCall.argumentsJson },
        ]);
      } catch (error) {
        return { content: `The tool '${toolCall.name}' failed: ${toCallFailure(error).message}`, isError: true };
      }
    },
  });
}

function policyOf(place: PanelPlace) {
  return completionPolicies[place.input.policy];
}

function modelInput(place: PanelPlace, call: StrategyCall, member: ModelSeat, key: string): CallModelInput {
  return {
    completionId: place.input.completionId,
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
    stream: place.input.stream && call.final && place.plan.options.jsonSchema === null,
    progress: place.input.stream,
    timeoutMs: Math.max(1, Math.min(place.plan.options.callTimeoutMs, place.deadlineAt - Date.now())),
  };
}

async function once(place: PanelPlace, input: CallModelInput): Promise<CallOutcome> {
  const summary = `${input.stage} · ${input.model.model} · ${input.memberIndex + 1}/${input.of}`;
  place.onCall('started');
  try {
    const options = callModelOptions(policyOf(place), { summary, timeoutMs: input.timeoutMs, remainingMs: place.deadlineAt - Date.now() });
    return { ok: true, ...(await callModel.executeWithOptions(options, [input])) };
  } catch (error) {
    return { ok: false, failure: toCallFailure(error) };
  } finally {
    place.onCall('ended');
  }
}
