import { seededUnit } from './seeded-hash.js';

/**
 * Everything the simulated provider can do to a request on demand.
 * - status codes: answered at once with the provider's own error body; `429` carries Retry-After; `context_length` is a 400 of that kind;
 *   `quota` is a 429 that says the account is out of money.
 * - `hang`: no answer at all; `hang_stream`: headers and a third of the tokens, then silence; `network`: socket closed before headers; `cut`: closed in mid-answer.
 * - `malformed_json`, `content_type` (an HTML page with status 200), `stream_error` (an error event in mid-stream).
 * - `empty`, `truncate` (finish reason length), `content_filter`.
 * - `malformed_ballot`, `duplicate_labels`, `unknown_label`: only ballots are touched, other requests neither feel nor use them up.
 * - `slow`: `latencyMs` more; `hold`: waits until released; `answer`: says `text`. These go together with one of the above.
 */
export const effectNames = [
  '400', '401', '402', '403', '404', '408', '413', '422', '429', '500', '502', '503', '504', '529', 'context_length', 'quota',
  'hang', 'hang_stream', 'network', 'cut', 'malformed_json', 'content_type', 'stream_error',
  'empty', 'truncate', 'content_filter', 'malformed_ballot', 'duplicate_labels', 'unknown_label', 'slow', 'hold', 'answer',
] as const;
export type EffectName = (typeof effectNames)[number];

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
}

/** What a request is matched against. */
export interface MatchSubject {
  provider: string;
  model: string;
  base: string;
  task: string;
  endpoint: string;
  rawBody: string;
}

/** What happens to one request: at most one fault, and any of the gentle effects. */
export interface Effects {
  fault: { name: EffectName; retryAfterSeconds: number | null } | null;
  slowMs: number;
  hold: boolean;
  answer: string | null;
}

export const ballotEffects: readonly string[] = ['malformed_ballot', 'duplicate_labels', 'unknown_label'];
const ballotTasks: readonly string[] = ['approve', 'ranking', 'critiqueAndRanking'];

/** Whether a request is one of those meant. */
export function matches(subject: MatchSubject, match: RequestMatch): boolean {
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

  /** Removes `hold` rules that could hold a request of this match. */
  removeHolds(match: RequestMatch): void {
    this.rules = this.rules.filter(
      ({ rule }) => rule.effect !== 'hold' || (Object.keys(match) as (keyof RequestMatch)[]).some((key) => rule[key] !== undefined && rule[key] !== match[key]),
    );
  }

  list(): (Rule & { used: number })[] {
    return this.rules.map(({ rule, used }) => ({ ...rule, used }));
  }

  /** What happens to this request; uses up counts. `requestNumber` makes draws of `probability` reproducible. */
  take(subject: MatchSubject, directives: { effect: string; count: number | null }[], retryAfterSeconds: number | null, requestNumber: number): Effects {
    const effects: Effects = { fault: null, slowMs: 0, hold: false, answer: null };
    for (const directive of directives) {
      const name = effectNames.find((candidate) => candidate === directive.effect);
      const key = `${subject.provider} ${subject.model} ${directive.effect}`;
      const used = this.named.get(key) ?? 0;
      if (!name || !concerns(name, subject) || (directive.count !== null && used >= directive.count)) continue;
      this.named.set(key, used + 1);
      apply(effects, { effect: name, ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }) });
    }
    for (const entry of this.rules) {
      const { rule } = entry;
      if (!matches(subject, rule) || !concerns(rule.effect, subject) || (isFault(rule.effect) && effects.fault)) continue;
      entry.seen += 1;
      if (entry.seen <= (rule.skip ?? 0) || (rule.count !== undefined && entry.used >= rule.count)) continue;
      if (rule.probability !== undefined && seededUnit(this.seed, 'fault', requestNumber, rule.effect) >= rule.probability) continue;
      entry.used += 1;
      apply(effects, rule);
    }
    return effects;
  }
}

function concerns(effect: string, subject: MatchSubject): boolean {
  return !ballotEffects.includes(effect) || ballotTasks.includes(subject.task);
}

function isFault(effect: EffectName): boolean {
  return effect !== 'slow' && effect !== 'hold' && effect !== 'answer';
}

function apply(effects: Effects, rule: Rule): void {
  if (rule.effect === 'slow') effects.slowMs += rule.latencyMs ?? 1000;
  else if (rule.effect === 'hold') effects.hold = true;
  else if (rule.effect === 'answer') effects.answer ??= rule.text ?? '';
  else effects.fault ??= { name: rule.effect, retryAfterSeconds: rule.retryAfterSeconds ?? null };
}
