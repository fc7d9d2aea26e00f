import type { CallModelInput, CallOutcome } from '../../domain/chat/call.js';
import type { CompletionOutcome } from '../../domain/chat/decision.js';
import type { MemberPlan, StrategyName, StrategyOptions, StrategyPlan } from '../../domain/chat/plan.js';
import type { CallFailure } from '../../domain/failures/failure-code.js';
import { seededRandom } from '../../domain/ballots/seeded-random.js';
import { createPanelContext, runStrategy } from './panel-context.js';
import type { PanelHost } from './panel-context.js';
import type { Strategy, StrategyCall, StrategyContext, StrategyEvent } from './strategy.js';

/** What the script says to a call: a text, an outcome, or either after some virtual milliseconds (`Infinity`: never). */
export type ScriptedReply = string | CallOutcome | { afterMs: number; reply: string | CallOutcome };

/** A run of a strategy over a script: its outcome, the calls it made in order, the events it emitted, and the virtual milliseconds it took. */
export interface ScriptedRun {
  outcome: CompletionOutcome;
  calls: StrategyCall[];
  events: StrategyEvent[];
  elapsedMs: number;
}

/** A text as the outcome of a call. */
export function textOutcome(text: string, rest: Partial<Extract<CallOutcome, { ok: true }>> = {}): CallOutcome {
  return { ok: true, text, toolCalls: [], finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0, reasoningTokens: 0 }, costNanoUsd: 1, ...rest };
}

/** A failure as the outcome of a call. */
export function failureOutcome(code: CallFailure['code'], message = `scripted ${code}`): CallOutcome {
  return { ok: false, failure: { code, message } };
}

/** A complete plan with the defaults of the planner; names become members of the provider `test`. */
export function planOf(strategy: StrategyName, members: string[], rest: { reviewers?: string[]; chairmen?: string[]; options?: Partial<StrategyOptions> } = {}): StrategyPlan {
  const seat = (name: string): MemberPlan => ({ kind: 'model', label: `test/${name}`, model: { provider: 'test', model: name } });
  return {
    strategy,
    panel: null,
    members: members.map(seat),
    reviewers: (rest.reviewers ?? []).map(seat),
    chairmen: (rest.chairmen ?? []).map(seat),
    options: {
      seed: 7,
      deadlineMs: 120_000,
      callTimeoutMs: 60_000,
      quorum: { propose: null, vote: null },
      grace: { ratio: 0.25, minMs: 500, maxMs: 5_000 },
      order: 'latin',
      selfVote: strategy === 'approve' ? 'include' : strategy === 'rank' ? 'omit' : 'exclude',
      rule: 'borda',
      tools: 'final',
      layers: 1,
      samples: 1,
      stopAt: 0.9,
      n: 1,
      toolExecutor: null,
      jsonSchema: null,
      ...rest.options,
    },
  };
}

/** Runs a strategy against a script in virtual time: nothing waits, and equal scripts give equal runs. For specs. */
export async function runScripted(strategy: Strategy, plan: StrategyPlan, script: (call: StrategyCall) => ScriptedReply): Promise<ScriptedRun> {
  const clock = new VirtualClock();
  const calls: StrategyCall[] = [];
  const events: StrategyEvent[] = [];
  const context: StrategyContext = {
    call: (call) => {
      calls.push(call);
      const { afterMs, reply } = timed(script(call));
      return clock.after(afterMs, typeof reply === 'string' ? textOutcome(reply) : reply);
    },
    now: () => clock.now,
    sleep: (ms) => clock.sleep(ms),
    random: seededRandom(plan.options.seed, 'context'),
    emit: (event) => events.push(event),
    deadlineAt: plan.options.deadlineMs,
  };
  const outcome = await clock.run(strategy.run(plan, context));
  return { outcome, calls, events, elapsedMs: clock.now };
}

/** What the script says to a call as its workflow would schedule it; seats that are panels ask their own members. */
export type PanelScript = (call: CallModelInput) => ScriptedReply;

/** Runs a whole plan, nested panels included, against a script in virtual time. For specs. */
export async function runScriptedPanel(plan: StrategyPlan, script: PanelScript): Promise<{ outcome: CompletionOutcome; calls: CallModelInput[] }> {
  const clock = new VirtualClock();
  const calls: CallModelInput[] = [];
  const host: PanelHost = {
    completionId: 'scripted',
    stream: false,
    now: () => clock.now,
    clock: () => ({ during: (call) => call, sleep: (ms) => clock.sleep(ms) }),
    callModel: (call) => {
      calls.push(call);
      const { afterMs, reply } = timed(script(call));
      return clock.after(afterMs, typeof reply === 'string' ? textOutcome(reply) : reply);
    },
    executeTool: async () => ({ content: 'no tools in scripts', isError: true }),
  };
  const context = createPanelContext({ host, plan, path: '', depth: 0, deadlineAt: plan.options.deadlineMs, onEvent: () => undefined });
  return { outcome: await clock.run(runStrategy(plan, context)), calls };
}

function timed(scripted: ScriptedReply): { afterMs: number; reply: string | CallOutcome } {
  return typeof scripted === 'object' && 'afterMs' in scripted ? scripted : { afterMs: 100, reply: scripted };
}

class VirtualClock {
  now = 0;
  private queue: { at: number; order: number; fire: () => void }[] = [];
  private order = 0;

  after<T>(ms: number, value: T): Promise<T> {
    return new Promise((resolve) => this.enqueue(ms, () => resolve(value)));
  }

  sleep(ms: number): { done: Promise<void>; cancel(): void } {
    let cancel: () => void = () => undefined;
    const done = new Promise<void>((resolve, reject) => {
      const entry = this.enqueue(ms, resolve);
      cancel = () => {
        this.queue = this.queue.filter((other) => other !== entry);
        reject(new Error('cancelled'));
      };
    });
    return { done, cancel };
  }

  /** Lets everything run that is due, then jumps to the next event, until the promise settles. */
  async run<T>(promise: Promise<T>): Promise<T> {
    const state = { isSettled: false };
    const settle = () => {
      state.isSettled = true;
    };
    promise.then(settle, settle);
    for (;;) {
      for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
      if (state.isSettled) return promise;
      const next = this.queue.sort((left, right) => left.at - right.at || left.order - right.order).shift();
      if (!next || next.at === Infinity) throw new Error('The strategy waits for something that never happens.');
      this.now = next.at;
      next.fire();
    }
  }

  private enqueue(ms: number, fire: () => void) {
    const entry = { at: this.now + ms, order: this.order++, fire };
    this.queue.push(entry);
    return entry;
  }
}
