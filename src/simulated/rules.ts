import { seededUnit } from './seeded-hash.js';

/**
 * Everything the simulated provider can do to a request on demand.
 * - status codes: answered at once with the provider's own error body; `429` carries Retry-After; `context_length` is a 400 of that kind;
 *   `quota` is a 429 that says the account is out of money.
 * - `hang`: no answer at all; `hang_stream`: headers and a third of the tokens, then silence; `network`: socket closed before headers; `cut`: closed in mid-answer.
 * - `malformed_json`, `content_type` (an HTML page with status 200), `stream_error` (an error event in mid-stream).
 * - `empty`, `truncate` (finish reason length), `content_filter`.
 * - `malformed_ballot`, `duplicate_labels`, `unknown_label`: only ballots are touched, other requests neither feel nor use them up.
 * - `invalid_json`: the answer's text is no JSON; `fenced`: it stands in a Markdown fence (goes together with others).
 * - `slow`: `latencyMs` more; `hold`: waits until released; `answer`: says `text`. These go together with one of the above.
 *
 * Batches (see `RuleScope`):
 * - of one line, beside what can happen to an answer or status: `malformed_row` (half a row), `duplicate_row` (written twice), `foreign_row` (followed by a row with an
 *   id nobody sent), `clashing_row` (carries the id of the job's first line), `missing_row` (no row, not charged).
 * - of one operation on files and jobs, beside statuses, `hang`, `network`, `malformed_json`, `content_type`, `slow` and `hold`: `lost_response` (done, but the socket closes
 *   instead of an answer), `hold_response` (done, the answer waits until released).
 * - of a whole job: `job_failed`, `job_expired`, `job_cancelled`, `job_stuck`, `job_hold` (in `state`, until released), each after `rows` lines or a `fraction` of them;
 *   `job_delay` (`delays` in milliseconds by state), `job_shuffled` (rows in another order, drawn from the seed). They go together.
 */
export const effectNames = [
  '400', '401', '402', '403', '404', '408', '413', '422', '429', '500', '502', '503', '504', '529', 'context_length', 'quota',
  'hang', 'hang_stream', 'network', 'cut', 'malformed_json', 'content_type', 'stream_error',
  'empty', 'truncate', 'content_filter', 'malformed_ballot', 'duplicate_labels', 'unknown_label', 'slow', 'hold', 'answer',
  'fenced', 'invalid_json', 'malformed_row', 'duplicate_row', 'foreign_row', 'clashing_row', 'missing_row', 'lost_response', 'hold_response',
  'job_failed', 'job_expired', 'job_cancelled', 'job_stuck', 'job_hold', 'job_delay', 'job_shuffled',
] as const;
export type EffectName = (typeof effectNames)[number];

/**
 * What a rule can be applied to: a realtime `request`, a `line` of a batch job, an `operation` on files and jobs (upload, create, status, …) or a `job`.
 * Operations are touched only by rules that name their endpoint, such as `batches.create`.
 */
export type RuleScope = 'request' | 'line' | 'operation' | 'job';

/** Which requests a rule, a release or a look-up means; a missing field matches everything. */
export interface RequestMatch {
  provider?: string;
  /** The base name, or the whole name with directives. */
  model?: string;
  /** What the prompt asks for: `answer`, `approve`, `ranking`, `critiqueAndRanking`, `analysis`, `synthesis`. */
  task?: string;
  endpoint?: string;
  /** A part of the raw request body. */
  contains?: string;
}

/** A rule of `POST /control`: what to do to which requests, and how often. */
export interface Rule extends RequestMatch {
  effect: EffectName;
  /** The next so many matching requests; missing: all. */
  count?: number;
  /** Matching requests to let pass first. */
  skip?: number;
  /** Chance in [0, 1], drawn by the server's seed and the request's number; missing: 1. */
  probability?: number;
  retryAfterSeconds?: number;
  latencyMs?: number;
  text?: string;
  /** Only realtime requests, or only what belongs to batches; missing: both. */
  mode?: 'realtime' | 'batch';
  /** Of a job: lines answered before the effect takes hold, as a number or a share; missing: none. */
  rows?: number;
  fraction?: number;
  /** Of `job_hold`: the state that lasts; missing: `in_progress`. */
  state?: 'validating' | 'in_progress' | 'finalizing' | 'cancelling';
  /** Of `job_delay`: milliseconds by state. */
  delays?: { validating?: number; in_progress?: number; finalizing?: number; cancelling?: number };
}

/** What a request is matched against. */
export interface MatchSubject {
  provider: string;
  model: string;
  base: string;
  task: string;
  endpoint: string;
  rawBody: string;
  scope: RuleScope;
}

/** What happens to one request: at most one fault, and any of the gentle effects. */
export interface Effects {
  fault: { name: EffectName; retryAfterSeconds: number | null } | null;
  slowMs: number;
  hold: boolean;
  answer: string | null;
  fenced: boolean;
}

export const ballotEffects: readonly string[] = ['malformed_ballot', 'duplicate_labels', 'unknown_label'];
const ballotTasks: readonly string[] = ['approve', 'ranking', 'critiqueAndRanking'];

/** Whether a request is one of those meant. */
export function matches(subject: Omit<MatchSubject, 'scope'>, match: RequestMatch): boolean {
  return (
    (match.provider === undefined || match.provider === subject.provider) &&
    (match.model === undefined || match.model === subject.base || match.model === subject.model) &&
    (match.task === undefined || match.task === subject.task) &&
    (match.endpoint === undefined || match.endpoint === subject.endpoint) &&
    (match.contains === undefined || subject.rawBody.includes(match.contains))
  );
}

/** The rules in force and how often each has been used. */
export class RuleBook {
  private rules: { rule: Rule; seen: number; used: number }[] = [];
  private readonly named = new Map<string, number>();

  constructor(private readonly seed: number) {}

  add(rules: Rule[]): void {
    for (const rule of rules) this.rules.push({ rule, seen: 0, used: 0 });
  }

  clear(): void {
    this.rules = [];
    this.named.clear();
  }

  /** Removes hold rules that could hold a request of this match. */
  removeHolds(match: RequestMatch): void {
    this.rules = this.rules.filter(
      ({ rule }) => !holdEffects.includes(rule.effect) || (Object.keys(match) as (keyof RequestMatch)[]).some((key) => rule[key] !== undefined && rule[key] !== match[key]),
    );
  }

  list(): (Rule & { used: number })[] {
    return this.rules.map(({ rule, used }) => ({ ...rule, used }));
  }

  /** What happens to this request; uses up counts. `drawKey` makes draws of `probability` reproducible. */
  take(subject: MatchSubject, directives: { effect: string; count: number | null }[], retryAfterSeconds: number | null, drawKey: number | string): Effects {
    const effects: Effects = { fault: null, slowMs: 0, hold: false, answer: null, fenced: false };
    for (const directive of directives) {
      const name = effectNames.find((candidate) => candidate === directive.effect);
      const key = `${subject.provider} ${subject.model} ${directive.effect}`;
      const used = this.named.get(key) ?? 0;
      if (!name || !concerns(name, subject) || !inScope({ effect: name }, subject) || (directive.count !== null && used >= directive.count)) continue;
      this.named.set(key, used + 1);
      apply(effects, { effect: name, ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }) });
    }
    for (const entry of this.rules) {
      if ((isFault(entry.rule.effect) && effects.fault) || !this.use(entry, subject, drawKey)) continue;
      apply(effects, entry.rule);
    }
    return effects;
  }

  /** The rules for a new job, all of those that apply; uses up counts. */
  takeForJob(subject: MatchSubject, drawKey: number | string): Rule[] {
    return this.rules.filter((entry) => this.use(entry, subject, drawKey)).map(({ rule }) => rule);
  }

  private use(entry: { rule: Rule; seen: number; used: number }, subject: MatchSubject, drawKey: number | string): boolean {
    const { rule } = entry;
    if (!matches(subject, rule) || !concerns(rule.effect, subject) || !inScope(rule, subject)) return false;
    entry.seen += 1;
    if (entry.seen <= (rule.skip ?? 0) || (rule.count !== undefined && entry.used >= rule.count)) return false;
    if (rule.probability !== undefined && seededUnit(this.seed, 'fault', drawKey, rule.effect) >= rule.probability) return false;
    entry.used += 1;
    return true;
  }
}

const holdEffects: readonly string[] = ['hold', 'hold_response', 'job_hold'];
const lineOnly: readonly string[] = ['malformed_row', 'duplicate_row', 'foreign_row', 'clashing_row', 'missing_row'];
const operationOnly: readonly string[] = ['lost_response', 'hold_response'];
const answerSpoilers: readonly string[] = ['empty', 'truncate', 'content_filter', 'malformed_ballot', 'duplicate_labels', 'unknown_label', 'answer', 'fenced', 'invalid_json'];
const statusLike = /^\d+$|^context_length$|^quota$/;
const transportEffects: readonly string[] = ['hang', 'network', 'malformed_json', 'content_type', 'slow', 'hold'];

function inScope(rule: Rule, subject: MatchSubject): boolean {
  if (rule.mode !== undefined && (rule.mode === 'realtime') !== (subject.scope === 'request')) return false;
  switch (subject.scope) {
    case 'request': return !lineOnly.includes(rule.effect) && !operationOnly.includes(rule.effect) && !rule.effect.startsWith('job_');
    case 'line': return statusLike.test(rule.effect) || answerSpoilers.includes(rule.effect) || lineOnly.includes(rule.effect);
    case 'operation': return rule.endpoint !== undefined && (statusLike.test(rule.effect) || transportEffects.includes(rule.effect) || operationOnly.includes(rule.effect));
    case 'job': return rule.effect.startsWith('job_');
    default: {
      const never: never = subject.scope;
      throw new Error(`No rules for ${String(never)}`);
    }
  }
}

function concerns(effect: string, subject: MatchSubject): boolean {
  return !ballotEffects.includes(effect) || ballotTasks.includes(subject.task);
}

function isFault(effect: EffectName): boolean {
  return effect !== 'slow' && effect !== 'hold' && effect !== 'answer' && effect !== 'fenced';
}

function apply(effects: Effects, rule: Rule): void {
  if (rule.effect === 'slow') effects.slowMs += rule.latencyMs ?? 1000;
  else if (rule.effect === 'hold') effects.hold = true;
  else if (rule.effect === 'fenced') effects.fenced = true;
  else if (rule.effect === 'answer') effects.answer ??= rule.text ?? '';
  else effects.fault ??= { name: rule.effect, retryAfterSeconds: rule.retryAfterSeconds ?? null };
}
