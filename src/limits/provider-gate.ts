import type pg from 'pg';
import type { GateRequest, PassGate } from '../../domain/limits/gate.js';
import type { LimitsOf, ProviderLimits } from '../../domain/limits/provider-limits.js';
import type { GatePolicy } from '../../workflows/policies/gate-policies.js';
import { refusedByBreaker, refusedByLimit, type BlockedBy } from './gate-refusal.js';
import { healthEventOf, type CallEnd } from './health-event-of.js';
import { Insurance } from './insurance.js';
import { ProviderLimitsStore } from './provider-limits.store.js';
import { Rates } from './rates.js';
import { SharedHealth } from './shared-health.js';
import { Slots } from './slots.js';
import { WaitingLine, type Attempt } from './waiting-line.js';

/** What unattended calls leave of every limit for those whom somebody waits for. */
const unattendedShare = 0.9;
/** A probe whose worker died is given up this long after its time-out. */
const probeReserveMs = 5_000;
/** Places are freed at any time, so whoever waits for one looks often. */
const slotLookMs = 100;

/** How a call ended that was never sent. */
const unsent: unique symbol = Symbol('unsent');

/** A call's place at a provider: leave it once, with how the call ended. */
export interface Permit {
  leave(end: CallEnd): void;
}

/** A limit of a provider or of one of its models. */
interface Scope {
  name: string;
  limits: ProviderLimits;
}

/** What a call holds while it is under way, or has used up. */
interface Holding {
  isProbe?: true;
  /** Once it is over. */
  free?(): void;
  /** Corrects what was counted for it, by what it used; `unsent`: nothing. */
  correct?(used: number | 'unsent'): void;
}

/**
 * Where every call to a provider passes: keeps its limits, slows down after a 429, stops while it is out of order, all of it for all workers together. Where nothing is limited
 * and the provider answers, passing looks into memory and nothing else.
 */
export class ProviderGate {
  private readonly health: SharedHealth;
  private readonly rates: Rates;
  private readonly slots: Slots;
  private readonly lines = new Map<string, WaitingLine<GateRequest, Permit, BlockedBy>>();

  constructor(private readonly parts: { pool: pg.Pool; databaseUrl: string; limitsOf: LimitsOf; policy: GatePolicy }) {
    const store = new ProviderLimitsStore(parts.pool);
    const insurance = new Insurance();
    this.health = new SharedHealth({ databaseUrl: parts.databaseUrl, store, insurance, policy: parts.policy.health, changed: (provider) => this.wake(provider) });
    this.rates = new Rates(parts.pool, insurance);
    this.slots = new Slots(store, insurance);
  }

  /** Begins to hear what other workers tell about providers. */
  start(): Promise<void> {
    return this.health.start();
  }

  async close(): Promise<void> {
    this.slots.close();
    await this.health.close();
  }

  /** As `PassGate` says. */
  pass: PassGate = async (request, work, tokensOf) => {
    const enteredAt = Date.now();
    const permit = await this.enter(request);
    const timeoutMs = request.priority === 'interactive' ? Math.max(1, request.timeoutMs - (Date.now() - enteredAt)) : request.timeoutMs;
    if (request.signal.aborted) {
      permit.leave({ ok: false, error: unsent, aborted: true });
      throw request.signal.reason;
    }
    try {
      const result = await work(timeoutMs);
      permit.leave({ ok: true, tokens: tokensOf?.(result) ?? null });
      return result;
    } catch (error) {
      permit.leave({ ok: false, error, aborted: request.signal.aborted });
      throw error;
    }
  };

  /** Waits for a place. Throws `rate_limit` where none comes in time, `overloaded` while the breaker is open, and the signal's reason. */
  async enter(request: GateRequest): Promise<Permit> {
    const at = Date.now();
    const scopes = this.scopesOf(request);
    if (scopes.length === 0 && this.health.admission(request.provider, at).to === 'go') return this.permit(request, at, []);
    const patienceMs = this.patienceOf(request);
    return this.inLine(request, (line) => line.enter({ ...request, patienceMs }, { urgent: request.priority === 'interactive', giveUpAt: at + patienceMs, signal: request.signal }));
  }

  private patienceOf({ kind, patienceMs, priority, timeoutMs }: GateRequest): number {
    const { interactivePatience, unattendedPatienceMs } = this.parts.policy;
    if (priority === 'unattended') return patienceMs ?? unattendedPatienceMs[kind];
    return Math.min(patienceMs ?? Infinity, timeoutMs * interactivePatience);
  }

  private async inLine<Result>(request: GateRequest, work: (line: WaitingLine<GateRequest, Permit, BlockedBy>) => Promise<Result>): Promise<Result> {
    const key = lineKey(request);
    const line = this.lines.get(key) ?? this.newLine();
    this.lines.set(key, line);
    try {
      return await work(line);
    } finally {
      if (line.isEmpty && this.lines.get(key) === line) this.lines.delete(key);
    }
  }

  private newLine(): WaitingLine<GateRequest, Permit, BlockedBy> {
    return new WaitingLine<GateRequest, Permit, BlockedBy>({
      attempt: (request) => this.attempt(request),
      refusal: (request, blocked) => refusedByLimit(request, blocked, request.patienceMs ?? 0),
      giveBack: (permit) => permit.leave({ ok: false, error: unsent, aborted: true }),
    });
  }

  private scopesOf({ provider, model, kind }: GateRequest): Scope[] {
    if (kind === 'batch') return [];
    const scopes: Scope[] = [];
    const ofProvider = this.parts.limitsOf(provider, null);
    if (ofProvider !== null && isLimited(ofProvider)) scopes.push({ name: provider, limits: ofProvider });
    const ofModel = this.parts.limitsOf(provider, model);
    if (ofModel !== null && isLimited(ofModel)) scopes.push({ name: `${provider}/${model}`, limits: ofModel });
    return scopes;
  }

  private async attempt(request: GateRequest): Promise<Attempt<Permit, BlockedBy>> {
    const holdings: Holding[] = [];
    try {
      const blocked = this.blockedByHealth(request) ?? (await this.takeLimits(request, holdings)) ?? (await this.claim(request, holdings));
      if (blocked === null) return { ok: true, place: this.permit(request, Date.now(), holdings) };
      giveBack(holdings);
      return { ok: false, blocked };
    } catch (error) {
      giveBack(holdings);
      throw error;
    }
  }

  private blockedByHealth(request: GateRequest): BlockedAttempt | null {
    const at = Date.now();
    const admission = this.health.admission(request.provider, at);
    if (admission.to === 'open') throw refusedByBreaker(request, this.health.of(request.provider).failures, admission.untilAt);
    return admission.to === 'wait' ? slowedDown(request, admission.untilAt, at) : null;
  }

  // The turn of a slowed provider and the probe of an open breaker go to one worker.
  private async claim(request: GateRequest, holdings: Holding[]): Promise<BlockedAttempt | null> {
    const { provider, timeoutMs } = request;
    const at = Date.now();
    const { to } = this.health.admission(provider, at);
    if (to === 'go') return null;
    const isWon = await this.health.claim(provider, to === 'probe' ? { type: 'probe', at, untilAt: at + timeoutMs + probeReserveMs } : { type: 'turn', at });
    if (!isWon) return this.blockedByHealth(request) ?? slowedDown(request, at, at);
    if (to === 'probe') holdings.push({ isProbe: true });
    return null;
  }

  private async takeLimits(request: GateRequest, holdings: Holding[]): Promise<BlockedAttempt | null> {
    for (const scope of this.scopesOf(request)) {
      const blocked = (await this.takeSlot(request, scope, holdings)) ?? (await this.takeRates(request, scope, holdings));
      if (blocked !== null) return blocked;
    }
    return null;
  }

  private async takeSlot(request: GateRequest, { name, limits: { concurrent } }: Scope, holdings: Holding[]): Promise<BlockedAttempt | null> {
    if (concurrent === null) return null;
    const slot = await this.slots.take(name, shareOf(concurrent, request));
    if (slot === null) return { reason: { limit: 'concurrent', scope: name, value: concurrent }, waitMs: slotLookMs, isSure: false };
    holdings.push(slot);
    return null;
  }

  private async takeRates(request: GateRequest, { name, limits }: Scope, holdings: Holding[]): Promise<BlockedAttempt | null> {
    const { requestsPerMinute, tokensPerMinute } = limits;
    const tokens = tokensPerMinute === null ? 0 : (request.tokens?.() ?? 0);
    const [ofRequests, ofTokens] = await Promise.all([
      requestsPerMinute === null ? null : this.rates.take(requestsKey(name), 1, shareOf(requestsPerMinute, request)),
      tokensPerMinute === null ? null : this.rates.take(tokensKey(name), tokens, shareOf(tokensPerMinute, request)),
    ]);
    if (ofRequests?.ok) holdings.push({ correct: (used) => ofRequests.correct(used === 'unsent' ? 0 : 1) });
    if (ofTokens?.ok) holdings.push({ correct: (used) => ofTokens.correct(used === 'unsent' ? 0 : used) });
    if (ofRequests !== null && !ofRequests.ok) return { reason: { limit: 'requests_per_minute', scope: name, value: requestsPerMinute ?? 0 }, waitMs: ofRequests.waitMs, isSure: true };
    // Calls that end give back what they did not use, so there may be room sooner.
    if (ofTokens !== null && !ofTokens.ok) return { reason: { limit: 'tokens_per_minute', scope: name, value: tokensPerMinute ?? 0 }, waitMs: ofTokens.waitMs, isSure: false };
    return null;
  }

  private permit(request: GateRequest, startedAt: number, holdings: Holding[]): Permit {
    const { provider, timeoutMs } = request;
    const probe = holdings.some((holding) => holding.isProbe);
    return {
      leave: (end) => {
        for (const holding of holdings) holding.free?.();
        // What a failed call used is not known: it stays counted as much as it could have.
        const used = end.ok ? end.tokens : end.error === unsent ? 'unsent' : null;
        if (used !== null) for (const holding of holdings) holding.correct?.(used);
        const { meaningfulTimeoutMs } = this.parts.policy.health;
        this.health.tell(provider, healthEventOf(end, { startedAt, probe, timeoutMs }, Date.now(), meaningfulTimeoutMs));
        if (holdings.length > 0) this.wake(provider);
      },
    };
  }

  private wake(provider: string): void {
    for (const [key, line] of this.lines) if (key.startsWith(`call:${provider}/`) || key.startsWith(`batch:${provider}/`)) line.wake();
  }
}

type BlockedAttempt = Extract<Attempt<Permit, BlockedBy>, { ok: false }>['blocked'];

/** Under which name the requests of a scope are counted. */
export function requestsKey(scope: string): string {
  return `requests:${scope}`;
}

/** Under which name the tokens of a scope are counted. */
export function tokensKey(scope: string): string {
  return `tokens:${scope}`;
}

/** Whether any limit for calls is set. */
export function isLimited({ requestsPerMinute, tokensPerMinute, concurrent }: ProviderLimits): boolean {
  return requestsPerMinute !== null || tokensPerMinute !== null || concurrent !== null;
}

function lineKey({ kind, provider, model }: GateRequest): string {
  return `${kind}:${provider}/${model}`;
}

function shareOf(limit: number, { priority }: GateRequest): number {
  return priority === 'interactive' ? limit : Math.max(1, Math.floor(limit * unattendedShare));
}

function giveBack(holdings: Holding[]): void {
  for (const holding of holdings) {
    holding.free?.();
    holding.correct?.('unsent');
  }
}

function slowedDown(request: GateRequest, untilAt: number, at: number): BlockedAttempt {
  return { reason: { limit: null, scope: request.provider, untilAt }, waitMs: untilAt - at, isSure: true };
}
