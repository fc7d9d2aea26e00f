import { z } from 'zod';
import type { JobMatch } from './batches/job-book.js';
import { RecordedAnswers } from './recorded-answers.js';
import { effectNames, matches, type RequestMatch } from './rules.js';
import type { SimulatedState } from './simulated-state.js';

const match = z.strictObject({
  provider: z.string().optional(),
  model: z.string().optional(),
  task: z.string().optional(),
  endpoint: z.string().optional(),
  contains: z.string().optional(),
});
const profile = z.strictObject({
  latencyMs: z.number().min(0).optional(),
  tokensPerSecond: z.number().min(0).optional(),
  skill: z.number().min(0).max(1).optional(),
  cached: z.number().min(0).max(1).optional(),
  reasoningTokens: z.int().min(0).optional(),
  vary: z.boolean().optional(),
  answer: z.string().nullable().optional(),
});
const milliseconds = z.number().min(0).optional();
const delays = z.strictObject({ validating: milliseconds, in_progress: milliseconds, finalizing: milliseconds, cancelling: milliseconds });
const recordedLine = z.object({
  model: z.union([z.string(), z.array(z.string())]).optional(),
  question: z.string().optional(),
  hash: z.string().optional(),
  answer: z.string().optional(),
  correct: z.string().optional(),
});

/** The body of `POST /control`; every part is optional and takes effect in this order. */
export const controlCommand = z.strictObject({
  /** Forget all rules first. */
  clear: z.boolean().optional(),
  /** Profile of every model, and of single ones by base name or `provider/base`; merged over what is set. */
  defaults: profile.optional(),
  models: z.record(z.string(), profile).optional(),
  /** Milliseconds that batch jobs stay in each state at least, from the next job on. */
  jobDelays: delays.optional(),
  rules: z
    .array(
      match.extend({
        effect: z.enum(effectNames),
        count: z.int().min(1).optional(),
        skip: z.int().min(0).optional(),
        probability: z.number().min(0).max(1).optional(),
        retryAfterSeconds: z.number().min(0).optional(),
        latencyMs: z.number().min(0).optional(),
        text: z.string().optional(),
        mode: z.enum(['realtime', 'batch']).optional(),
        rows: z.int().min(0).optional(),
        fraction: z.number().min(0).max(1).optional(),
        state: z.enum(['validating', 'in_progress', 'finalizing', 'cancelling']).optional(),
        delays: delays.optional(),
      }),
    )
    .optional(),
  recorded: z.array(recordedLine).optional(),
  /** Lets held requests go on: those that match, and by default the `hold` rules for them too (`keepRules` leaves these). */
  release: match.extend({ keepRules: z.boolean().optional() }).optional(),
});
export type ControlCommand = z.input<typeof controlCommand>;

/** Carries a command out and tells what is in force afterwards. */
export function control(state: SimulatedState, command: z.infer<typeof controlCommand>): Record<string, unknown> {
  if (command.clear) state.rules.clear();
  Object.assign(state.profiles.defaults, command.defaults);
  for (const [name, settings] of Object.entries(command.models ?? {})) state.profiles.models[name] = { ...state.profiles.models[name], ...settings };
  Object.assign(state.jobs.delays, command.jobDelays);
  state.rules.add(command.rules ?? []);
  state.recorded.add(command.recorded ?? []);
  const released = command.release ? release(state, command.release) : 0;
  return { defaults: state.profiles.defaults, models: state.profiles.models, jobDelays: state.jobs.delays, rules: state.rules.list(), held: state.gates.size, released };
}

/** What a server began with and returns to. */
export interface StartSettings {
  defaults: SimulatedState['profiles']['defaults'];
  replayDirectory: string | undefined;
}

/** Forgets rules, settings given by control, figures and requests; held requests are let go. */
export function reset(state: SimulatedState, start: StartSettings): void {
  state.rules.clear();
  state.profiles.defaults = { ...start.defaults };
  state.profiles.models = {};
  state.recorded = RecordedAnswers.fromDirectory(start.replayDirectory);
  state.log.reset();
  void state.jobs.clear();
  for (const gate of state.gates) gate.open();
  state.gates.clear();
}

/** The matching fields of a query string. */
export function matchOf(query: URLSearchParams): RequestMatch {
  const known: (keyof RequestMatch)[] = ['provider', 'model', 'task', 'endpoint', 'contains'];
  return Object.fromEntries(known.filter((key) => query.has(key)).map((key) => [key, query.get(key) ?? '']));
}

/** The fields of a query string that name jobs. */
export function jobMatchOf(query: URLSearchParams): JobMatch {
  const known: (keyof JobMatch)[] = ['provider', 'model', 'state', 'contains'];
  return Object.fromEntries(known.filter((key) => query.has(key)).map((key) => [key, query.get(key) ?? '']));
}

function release(state: SimulatedState, { keepRules, ...wanted }: RequestMatch & { keepRules?: boolean | undefined }): number {
  if (!keepRules) state.rules.removeHolds(wanted);
  const released = [...state.gates].filter((gate) => matches(gate.subject, wanted));
  for (const gate of released) {
    state.gates.delete(gate);
    gate.open();
  }
  return released.length;
}
