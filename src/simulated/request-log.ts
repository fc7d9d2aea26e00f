import { matches, type MatchSubject, type RequestMatch } from './rules.js';

/** What became of a request. `answered`: a whole answer went out, so a real provider would have charged it. */
export type RequestOutcome = 'running' | 'held' | 'answered' | 'fault' | 'rejected' | 'aborted';

/** One request as `GET /requests` shows it. Keys in headers are redacted. */
export interface LoggedRequest {
  number: number;
  receivedAt: string;
  provider: string;
  model: string;
  endpoint: string;
  task: string;
  /** Equal for equal requests: hash of provider, path and body. */
  fingerprint: string;
  path: string;
  headers: Record<string, string>;
  body: unknown;
  outcome: RequestOutcome;
  effect: string | null;
  status: number | null;
  durationMs: number | null;
  /** Milliseconds since the epoch at which the first text was written, for streams. */
  firstTextAt: number | null;
  /** The text that went out, for requests answered. */
  answer: string | null;
}

interface Tally {
  requests: number;
  answered: number;
  inputTokens: number;
  outputTokens: number;
  peakConcurrency: number;
}

/** What is remembered of a body; `last`: number of the latest request that had it, 0 for lines of batch jobs. */
interface Known {
  requests: number;
  answered: number;
  last: number;
  provider: string;
  model: string;
  task: string;
}

/** A request under way. */
export interface OpenRequest {
  logged: LoggedRequest;
  subject: MatchSubject;
  startedAt: number;
}

const keptRequests = 3000;
const keptFingerprints = 400_000;
const shownFingerprints = 20_000;
const keptBodyCharacters = 512 * 1024;

/** Counts and remembers what was asked: the figures of `GET /stats` and the last requests. */
export class RequestLog {
  private requests: LoggedRequest[] = [];
  private readonly tallies = new Map<string, Tally>();
  private readonly fingerprints = new Map<string, Known>();
  private readonly outcomes = new Map<string, number>();
  private readonly statuses = new Map<string, number>();
  private readonly concurrent = new Map<string, number>();
  private waiters: { check: () => boolean; resolve: () => void }[] = [];
  private count = 0;
  private open = new Set<OpenRequest>();

  /** `fingerprint` null: an operation on files and jobs, which is remembered but counts as no request for text. */
  begin(entry: { subject: MatchSubject; fingerprint: string | null; path: string; headers: Record<string, string>; body: unknown }): OpenRequest {
    const { subject, fingerprint, path, headers } = entry;
    this.count += 1;
    const body = subject.rawBody.length <= keptBodyCharacters ? entry.body : { truncated: subject.rawBody.slice(0, 2000) };
    const logged: LoggedRequest = {
      number: this.count, receivedAt: new Date().toISOString(), provider: subject.provider, model: subject.model, endpoint: subject.endpoint, task: subject.task,
      fingerprint: fingerprint ?? '', path, headers, body, outcome: 'running', effect: null, status: null, durationMs: null, firstTextAt: null, answer: null,
    };
    this.requests.push(logged);
    if (this.requests.length > keptRequests * 2) this.requests = this.requests.slice(-keptRequests);
    if (fingerprint !== null) {
      const known = this.know(subject, fingerprint);
      known.requests += 1;
      known.last = this.count;
    }
    for (const key of fingerprint === null ? [] : keysOf(subject)) {
      const running = (this.concurrent.get(key) ?? 0) + 1;
      this.concurrent.set(key, running);
      const tally = this.tally(key);
      tally.requests += 1;
      tally.peakConcurrency = Math.max(tally.peakConcurrency, running);
    }
    const open = { logged, subject, startedAt: performance.now() };
    this.open.add(open);
    this.wake();
    return open;
  }

  /** How often this body came before, as of its `begin`. */
  repetitionOf(fingerprint: string): number {
    return (this.fingerprints.get(fingerprint)?.requests ?? 1) - 1;
  }

  /** Notes a line of a batch job as asked for, under the fingerprint that the same request in realtime has. */
  beginLine(subject: MatchSubject, fingerprint: string): void {
    this.know(subject, fingerprint).requests += 1;
  }

  /** Notes a line of a batch job as answered. */
  answerLine(fingerprint: string): void {
    const known = this.fingerprints.get(fingerprint);
    if (known) known.answered += 1;
  }

  hold(open: OpenRequest): void {
    open.logged.outcome = 'held';
    this.wake();
  }

  end(open: OpenRequest, result: { outcome: RequestOutcome; status: number | null; effect: string | null; answer?: string; inputTokens?: number; outputTokens?: number }): void {
    if (!this.open.delete(open)) return;
    const { logged } = open;
    Object.assign(logged, { outcome: result.outcome, status: result.status, effect: result.effect, answer: result.answer ?? null, durationMs: Math.round((performance.now() - open.startedAt) * 10) / 10 });
    if (logged.fingerprint === '') {
      this.wake();
      return;
    }
    increase(this.outcomes, result.outcome);
    increase(this.statuses, String(result.status ?? 'none'));
    const known = this.fingerprints.get(logged.fingerprint);
    if (known && result.outcome === 'answered') known.answered += 1;
    for (const key of keysOf(open.subject)) {
      this.concurrent.set(key, Math.max(0, (this.concurrent.get(key) ?? 1) - 1));
      const tally = this.tally(key);
      if (result.outcome === 'answered') tally.answered += 1;
      tally.inputTokens += result.inputTokens ?? 0;
      tally.outputTokens += result.outputTokens ?? 0;
    }
    this.wake();
  }

  /** The last `limit` matching requests, oldest first. */
  last(limit: number, match: RequestMatch): LoggedRequest[] {
    const found = this.requests.filter((request) =>
      matches({ ...request, base: request.model.split('@')[0] ?? '', rawBody: match.contains === undefined ? '' : JSON.stringify(request.body) }, match),
    );
    return found.slice(-limit);
  }

  /** The figures of `GET /stats`. `repeated` lists bodies answered more than once: what must be empty where no call may be paid twice. */
  stats(): Record<string, unknown> {
    const under = (prefix: string): Record<string, Tally> =>
      Object.fromEntries([...this.tallies].filter(([key]) => key.startsWith(prefix)).map(([key, tally]) => [key.slice(prefix.length), tally]));
    const fingerprints = Object.fromEntries([...this.fingerprints].slice(0, shownFingerprints));
    return {
      ...this.tally('all'),
      concurrent: this.open.size,
      held: [...this.open].filter((request) => request.logged.outcome === 'held').length,
      outcomes: Object.fromEntries(this.outcomes),
      statuses: Object.fromEntries(this.statuses),
      providers: under('provider '),
      models: under('model '),
      endpoints: under('endpoint '),
      tasks: under('task '),
      fingerprints,
      repeated: [...this.fingerprints].filter(([, known]) => known.answered > 1).map(([fingerprint, known]) => ({ fingerprint, ...known })),
    };
  }

  /** Resolves `true` once as many matching requests have arrived (or are held), `false` when `timeoutMs` passes first. */
  async waitFor(wanted: { requests?: number; held?: number; answered?: number; match: RequestMatch; timeoutMs: number }): Promise<boolean> {
    const check = (): boolean => {
      const found = this.last(keptRequests * 2, wanted.match);
      return (
        found.length >= (wanted.requests ?? 0) &&
        found.filter((request) => request.outcome === 'held').length >= (wanted.held ?? 0) &&
        found.filter((request) => request.outcome === 'answered').length >= (wanted.answered ?? 0)
      );
    };
    if (check()) return true;
    return new Promise((resolve) => {
      const waiter = { check, resolve: () => { clearTimeout(timer); resolve(true); } };
      const timer = setTimeout(() => {
        this.waiters = this.waiters.filter((other) => other !== waiter);
        resolve(false);
      }, wanted.timeoutMs);
      this.waiters.push(waiter);
    });
  }

  /** Forgets everything counted; requests under way stay open. */
  reset(): void {
    this.requests = [];
    this.count = 0;
    for (const map of [this.tallies, this.fingerprints, this.outcomes, this.statuses, this.concurrent]) map.clear();
  }

  private know(subject: MatchSubject, fingerprint: string): Known {
    const known = this.fingerprints.get(fingerprint) ?? { requests: 0, answered: 0, last: 0, provider: subject.provider, model: subject.model, task: subject.task };
    if (this.fingerprints.size < keptFingerprints) this.fingerprints.set(fingerprint, known);
    return known;
  }

  private tally(key: string): Tally {
    const tally = this.tallies.get(key) ?? { requests: 0, answered: 0, inputTokens: 0, outputTokens: 0, peakConcurrency: 0 };
    this.tallies.set(key, tally);
    return tally;
  }

  private wake(): void {
    if (this.waiters.length === 0) return;
    const ready = this.waiters.filter((waiter) => waiter.check());
    this.waiters = this.waiters.filter((waiter) => !ready.includes(waiter));
    for (const waiter of ready) waiter.resolve();
  }
}

function keysOf(subject: MatchSubject): string[] {
  return ['all', `provider ${subject.provider}`, `model ${subject.provider}/${subject.model}`, `endpoint ${subject.endpoint}`, `task ${subject.task}`];
}

function increase(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
