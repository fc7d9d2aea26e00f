import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { GateRequest } from '../../domain/limits/gate.js';
import type { ProviderLimits } from '../../domain/limits/provider-limits.js';
import { createTestDatabase, rowsOf, type TestDatabase } from '../../test/support/database.js';
import { until } from '../../test/support/until.js';
import { gatePolicies } from '../../workflows/policies/gate-policies.js';
import { createPostgresPool } from '../database/postgres-pool.js';
import { ProviderFailure } from '../providers/provider-failure.js';
import { ProviderGate } from './provider-gate.js';

const none: ProviderLimits = { requestsPerMinute: null, tokensPerMinute: null, concurrent: null, maxInflightBatches: null, maxBatchInputTokens: null };
const policy = { ...gatePolicies.test, health: { ...gatePolicies.test.health, breaker: { failures: 3, spanMs: 0, openMs: 2_000, longestOpenMs: 4_000 } } };

let database: TestDatabase;
const closing: (() => Promise<void>)[] = [];
let providers = 0;
/** A provider of each test's own: the database is shared. */
const newProvider = () => `provider${String((providers += 1))}`;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => database.drop());

/** A worker: a gate with a pool of its own. */
async function worker(limits: Partial<ProviderLimits> = {}, databaseUrl = database.url) {
  const pool = createPostgresPool({ databaseUrl, size: 5, name: 'gate spec' });
  const gate = new ProviderGate({ pool, databaseUrl, limitsOf: (_provider, model) => (model === null ? { ...none, ...limits } : null), policy });
  closing.push(() => pool.end(), () => gate.close());
  await gate.start();
  return { gate, pool };
}

const call = (provider: string, more: Partial<GateRequest> = {}): GateRequest => ({ provider, model: 'm', kind: 'call', priority: 'interactive', timeoutMs: 20_000, signal: new AbortController().signal, ...more });
const failure = (provider: string, code: ProviderFailure['code'], more: { retryAfterMs?: number; httpStatus?: number } = {}) => new ProviderFailure({ code, provider, model: 'm', message: code, ...more });
const succeed = () => Promise.resolve('answer');
const codeOf = (error: unknown) => (error instanceof ProviderFailure ? error.code : error);
const outcome = (work: Promise<unknown>): Promise<unknown> => work.then(() => 'passed', codeOf);
/** Makes a call that the provider answers so. */
const answered = (gate: ProviderGate, provider: string, error: ProviderFailure) => outcome(gate.pass(call(provider), () => Promise.reject(error)));

/** A call that is under way until it is ended. */
async function underWay(gate: ProviderGate, request: GateRequest) {
  let end = (): void => undefined;
  const permit = await gate.enter(request);
  end = () => permit.leave({ ok: true, tokens: null });
  return { end };
}

describe('where nothing is limited', () => {
  it('a call costs no statement, not even a connection', async () => {
    const { gate, pool } = await worker();
    const before = pool.totalCount;
    expect(await gate.pass(call(newProvider()), succeed)).toBe('answer');
    expect([before, pool.totalCount]).toEqual([pool.totalCount, before]);
    expect(await rowsOf(database.url, 'SELECT * FROM provider_states')).toEqual([]);
  });
});

describe('limits, over two workers', () => {
  it('never more calls at the same time than the limit, and all get through', async () => {
    const provider = newProvider();
    const workers = await Promise.all([worker({ concurrent: 4 }), worker({ concurrent: 4 })]);
    let now = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, (now += 1));
      await Promise.all([rowsOf(database.url, 'SELECT 1'), new Promise((resolve) => setImmediate(resolve))]);
      now -= 1;
    };
    await Promise.all(Array.from({ length: 40 }, (_, index) => workers[index % 2]!.gate.pass(call(provider), work)));
    expect(most).toBeLessThanOrEqual(4);
    expect(most).toBeGreaterThan(1);
  });

  it('never more requests in a minute; who can not wait so long is told which limit it was and where to raise it', async () => {
    const provider = newProvider();
    const workers = await Promise.all([worker({ requestsPerMinute: 5 }), worker({ requestsPerMinute: 5 })]);
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => outcome(workers[index % 2]!.gate.pass(call(provider, { patienceMs: 300 }), succeed))));
    expect(outcomes.filter((one) => one === 'passed')).toHaveLength(5);
    expect(outcomes.filter((one) => one === 'rate_limit')).toHaveLength(15);
    const refusal = await workers[0].gate.enter(call(provider, { patienceMs: 100 })).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'rate_limit', message: expect.stringMatching(/5 requests a minute \(requests_per_minute\).*'provider_limits' of conclave\.yaml.*models\.yaml/) });
    expect((refusal as ProviderFailure).retryAfterMs).toBeGreaterThan(20_000);
  });

  it('never more tokens in a minute than the limit; what a call did not use others may', async () => {
    const provider = newProvider();
    const workers = await Promise.all([worker({ tokensPerMinute: 1_000 }), worker({ tokensPerMinute: 1_000 })]);
    const tokens = () => 300;
    const permits = await Promise.all([0, 1, 0].map((index) => workers[index]!.gate.enter(call(provider, { tokens }))));
    expect(await outcome(workers[1].gate.enter(call(provider, { tokens, patienceMs: 100 })))).toBe('rate_limit');
    const waiting = workers[0].gate.enter(call(provider, { tokens }));
    permits[0]!.leave({ ok: true, tokens: 20 });
    await waiting;
    expect(await outcome(workers[1].gate.enter(call(provider, { tokens, patienceMs: 100 })))).toBe('rate_limit');
  });

  it("a dead worker's places are free once its leases lapse", async () => {
    const provider = newProvider();
    const [dead, alive] = await Promise.all([worker({ concurrent: 1 }), worker({ concurrent: 1 })]);
    await dead.gate.enter(call(provider));
    expect(await outcome(alive.gate.enter(call(provider, { patienceMs: 200 })))).toBe('rate_limit');
    await rowsOf(database.url, `UPDATE provider_slots SET expires_at = now() - interval '1 second' WHERE scope = $1`, [provider]);
    expect(await outcome(alive.gate.enter(call(provider)))).toBe('passed');
  });

  it('unattended calls leave a tenth to interactive ones', async () => {
    const provider = newProvider();
    const { gate } = await worker({ concurrent: 10 });
    const unattended = call(provider, { priority: 'unattended' });
    await Promise.all(Array.from({ length: 9 }, () => gate.enter(unattended)));
    expect(await outcome(gate.enter({ ...unattended, patienceMs: 100 }))).toBe('rate_limit');
    expect(await outcome(gate.enter(call(provider)))).toBe('passed');
  });

  it('whoever gives up leaves the line', async () => {
    const provider = newProvider();
    const { gate } = await worker({ concurrent: 1 });
    const first = await underWay(gate, call(provider));
    const giveUp = new AbortController();
    const gone = gate.enter(call(provider, { signal: giveUp.signal })).catch((error: unknown) => error);
    const next = gate.enter(call(provider));
    giveUp.abort('not wanted any more');
    expect(await gone).toBe('not wanted any more');
    first.end();
    await next;
  });

  it('what a call waited is taken from its time', async () => {
    const provider = newProvider();
    const { gate } = await worker({ concurrent: 1 });
    const first = await underWay(gate, call(provider));
    const left = gate.pass(call(provider, { timeoutMs: 10_000 }), (timeoutMs) => Promise.resolve(timeoutMs));
    await until('the second call waits', async () => (await rowsOf(database.url, 'SELECT 1 FROM provider_slots WHERE scope = $1 AND expires_at > now()', [provider])).length === 1);
    first.end();
    expect(await left).toBeLessThan(10_000);
  });
});

describe('a 429', () => {
  it('slows the provider down for every worker, and for no other provider', async () => {
    const provider = newProvider();
    const [one, other] = await Promise.all([worker(), worker()]);
    await answered(one.gate, provider, failure(provider, 'rate_limit', { httpStatus: 429, retryAfterMs: 4_000 }));
    const refusedAt = Date.now();
    await until('the other worker knows', async () => (await outcome(other.gate.enter(call(provider, { patienceMs: 1 })))) === 'rate_limit', 3_000);
    expect(await outcome(other.gate.enter(call(newProvider(), { patienceMs: 1 })))).toBe('passed');
    await other.gate.pass(call(provider), succeed);
    expect(Date.now() - refusedAt).toBeGreaterThanOrEqual(3_950);
    expect(Date.now() - refusedAt).toBeLessThan(8_500);
  });

  it('does not stall interactive calls beyond their time: they fail soon and say until when', async () => {
    const provider = newProvider();
    const { gate } = await worker();
    await answered(gate, provider, failure(provider, 'rate_limit', { httpStatus: 429, retryAfterMs: 20_000 }));
    const startedAt = Date.now();
    const refusal = await gate.enter(call(provider, { timeoutMs: 8_000 })).catch((error: unknown) => error);
    expect(Date.now() - startedAt).toBeLessThan(2_000);
    expect(refusal).toMatchObject({ code: 'rate_limit', message: expect.stringContaining('HTTP 429') });
    expect((refusal as ProviderFailure).retryAfterMs).toBeGreaterThan(10_000);
  });

  it('then one turn after the other over all workers, faster with each success, until nothing is left', async () => {
    const workers = await Promise.all([worker(), worker()]);
    let provider = '';
    const shortestGap = async () => {
      provider = newProvider();
      await answered(workers[0].gate, provider, failure(provider, 'rate_limit', { httpStatus: 429, retryAfterMs: 0 }));
      const starts: number[] = [];
      const work = () => Promise.resolve(starts.push(Date.now()));
      await until('the other worker knows', async () => (await rowsOf(database.url, 'SELECT 1 FROM provider_states WHERE provider = $1', [provider])).length === 1);
      await workers[0].gate.pass(call(provider), work);
      await Promise.all([0, 1, 0, 1].map((index) => workers[index]!.gate.pass(call(provider), work)));
      return Math.min(...starts.slice(1).map((at, index) => at - starts[index]!));
    };
    // 100 ms at first, a tenth less with each success. Where the machine stands still for a moment a start comes late, and the next one soon after it: one good go in five.
    let gap = await shortestGap();
    for (let go = 1; go < 5 && gap < 50; go += 1) gap = await shortestGap();
    expect(gap).toBeGreaterThanOrEqual(50);
    await until('it is as fast as before', async () => {
      await workers[1].gate.pass(call(provider), succeed);
      return (await rowsOf<{ spacing: string }>(database.url, `SELECT health->>'spacingMs' AS spacing FROM provider_states WHERE provider = $1`, [provider]))[0]?.spacing === '0';
    });
  });

  it('outages do not slow it down', async () => {
    const provider = newProvider();
    const { gate } = await worker();
    await answered(gate, provider, failure(provider, 'server_error', { httpStatus: 500 }));
    await answered(gate, provider, failure(provider, 'timeout', { httpStatus: 504 }));
    expect(await outcome(gate.enter(call(provider, { patienceMs: 1 })))).toBe('passed');
  });
});

describe('the circuit breaker', () => {
  const outage = (provider: string) => failure(provider, 'server_error', { httpStatus: 500 });

  it('opens for every worker; then one probe over all of them, and its success closes it', async () => {
    const provider = newProvider();
    const workers = await Promise.all([worker(), worker()]);
    for (const [failures, index] of [0, 1, 0].entries()) {
      await answered(workers[index]!.gate, provider, outage(provider));
      await until('it is written', async () => (await rowsOf(database.url, `SELECT 1 FROM provider_states WHERE provider = $1 AND (health->>'failures')::integer = $2`, [provider, failures + 1])).length === 1);
    }
    await until('both know', async () => (await Promise.all(workers.map(({ gate }) => outcome(gate.pass(call(provider), succeed))))).every((one) => one === 'overloaded'), 1_000);
    const refusal = await workers[1].gate.enter(call(provider)).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'overloaded', message: expect.stringMatching(/The last 3 calls to 'provider\d+' failed.*until \d{4}-/) });
    let sent = 0;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const probe = () => ((sent += 1), held);
    const calls: Promise<unknown>[] = [];
    await until('it is tried', () => {
      calls.push(...[0, 1, 0, 1, 0, 1].map((index) => outcome(workers[index]!.gate.pass(call(provider), probe))));
      return Promise.resolve(sent > 0);
    });
    release();
    const outcomes = await Promise.all(calls);
    expect(sent).toBe(1);
    expect(outcomes.filter((one) => one === 'passed')).toHaveLength(1);
    await until('all pass', async () => (await Promise.all(workers.map(({ gate }) => outcome(gate.pass(call(provider), succeed))))).every((one) => one === 'passed'));
  });

  it('a success in between, and failures that are the request’s own, keep it closed', async () => {
    const provider = newProvider();
    const { gate } = await worker();
    for (let round = 0; round < 3; round += 1) {
      await answered(gate, provider, outage(provider));
      await answered(gate, provider, outage(provider));
      await gate.pass(call(provider), succeed);
    }
    for (const code of ['auth', 'bad_request', 'billing', 'auth'] as const) await answered(gate, provider, failure(provider, code, { httpStatus: 400 }));
    for (let round = 0; round < 4; round += 1) await outcome(gate.pass(call(provider, { timeoutMs: 500 }), () => Promise.reject(failure(provider, 'timeout'))));
    expect(await outcome(gate.pass(call(provider), succeed))).toBe('passed');
  });
});

describe('while the database is away', () => {
  const closedPort = async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  };
  const limits = { concurrent: 2, requestsPerMinute: 5 };

  it('each process keeps the limits by itself', async () => {
    const provider = newProvider();
    const { gate } = await worker(limits, `postgres://nobody@127.0.0.1:${String(await closedPort())}/nothing`);
    const first = await underWay(gate, call(provider));
    await gate.enter(call(provider));
    expect(await outcome(gate.enter(call(provider, { patienceMs: 100 })))).toBe('rate_limit');
    first.end();
    expect(await outcome(gate.enter(call(provider)))).toBe('passed');
    await answered(gate, 'another', failure('another', 'rate_limit', { httpStatus: 429, retryAfterMs: 5_000 }));
    expect(await outcome(gate.enter(call('another', { patienceMs: 10 })))).toBe('rate_limit');
  });

  it('a database that hangs holds nobody up for longer than a moment', async () => {
    const sockets: { destroy(): void }[] = [];
    const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    closing.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    const databaseUrl = `postgres://nobody@127.0.0.1:${String((server.address() as AddressInfo).port)}/nothing`;
    const pool = new pg.Pool({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
    pool.on('error', () => undefined);
    const gate = new ProviderGate({ pool, databaseUrl, limitsOf: () => ({ ...none, ...limits }), policy });
    const startedAt = Date.now();
    await gate.enter(call(newProvider()));
    await gate.enter(call(newProvider()));
    expect(Date.now() - startedAt).toBeLessThan(4_000);
    await gate.close();
  });
});
