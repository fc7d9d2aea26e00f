import { mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GateRequest } from '../../domain/limits/gate.js';
import type { ProviderLimits } from '../../domain/limits/provider-limits.js';
import { createDataSource } from '../../src/database/data-source.js';
import { migrate } from '../../src/database/migrate.js';
import { createPostgresPool } from '../../src/database/postgres-pool.js';
import { ProviderGate } from '../../src/limits/provider-gate.js';
import { startPostgres } from '../../src/supervisor/embedded-postgres.js';
import { gatePolicies } from '../../workflows/policies/gate-policies.js';
import { median, quantile } from '../quantile.js';
import { freePort } from '../../test/support/ports.js';

/** Measures what passing the gate costs a call, with limits so high that nobody waits: `npm run build && node node_modules/typescript-native/bin/tsc -p bench/tsconfig.json && node dist/bench/limits/main.js`. */
const runs = 5;
const none: ProviderLimits = { requestsPerMinute: null, tokensPerMinute: null, concurrent: null, maxInflightBatches: null, maxBatchInputTokens: null };
const high = 100_000_000;
const scenarios: { name: string; limits: Partial<ProviderLimits>; calls: number; atOnce: number; workers: number }[] = [
  { name: 'no limit', limits: {}, calls: 200_000, atOnce: 1, workers: 1 },
  { name: 'requests', limits: { requestsPerMinute: high }, calls: 2_000, atOnce: 1, workers: 1 },
  { name: 'concurrent', limits: { concurrent: 100 }, calls: 2_000, atOnce: 1, workers: 1 },
  { name: 'requests, tokens, concurrent', limits: { requestsPerMinute: high, tokensPerMinute: high, concurrent: 100 }, calls: 2_000, atOnce: 1, workers: 1 },
  { name: 'no limit', limits: {}, calls: 200_000, atOnce: 50, workers: 1 },
  { name: 'requests', limits: { requestsPerMinute: high }, calls: 5_000, atOnce: 50, workers: 1 },
  { name: 'concurrent', limits: { concurrent: 100 }, calls: 5_000, atOnce: 50, workers: 1 },
  { name: 'requests, tokens, concurrent', limits: { requestsPerMinute: high, tokensPerMinute: high, concurrent: 100 }, calls: 5_000, atOnce: 50, workers: 1 },
  { name: 'requests, tokens, concurrent', limits: { requestsPerMinute: high, tokensPerMinute: high, concurrent: 100 }, calls: 5_000, atOnce: 25, workers: 2 },
];

/** Milliseconds of passing the gate, in and out. */
interface Measured {
  p50: number;
  p99: number;
  perSecond: number;
}

const folder = mkdtempSync(join(tmpdir(), 'bench-gate-'));
chmodSync(folder, 0o711);
const postgres = await startPostgres({ dataDirectory: join(folder, 'postgres'), port: await freePort(), password: 'bench', durable: true });
try {
  const dataSource = await createDataSource(postgres.url, 2).initialize();
  await migrate(dataSource);
  await dataSource.destroy();
  process.stdout.write(`Node ${process.version}, ${String(cpus().length)} CPUs, load ${loadavg().map((load) => load.toFixed(1)).join(' ')}, median of ${String(runs)}\n\n| limits | at once | p50 ms | p99 ms | calls/s |\n|---|---|---|---|---|\n`);
  for (const scenario of scenarios) {
    const results: Measured[] = [];
    for (let run = 0; run < runs; run += 1) results.push(await measure(scenario, run));
    const middle = (of: (measured: Measured) => number): number => median(results.map(of));
    const atOnce = `${String(scenario.atOnce * scenario.workers)}${scenario.workers > 1 ? ` over ${String(scenario.workers)} workers` : ''}`;
    process.stdout.write(`| ${scenario.name} | ${atOnce} | ${middle(({ p50 }) => p50).toFixed(4)} | ${middle(({ p99 }) => p99).toFixed(4)} | ${String(Math.round(middle(({ perSecond }) => perSecond)))} |\n`);
  }
} finally {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function measure({ name, limits, calls, atOnce, workers }: (typeof scenarios)[number], run: number): Promise<Measured> {
  const request: GateRequest = { provider: `${name.replaceAll(/\W/g, '')}${String(run)}`, model: 'm', kind: 'call', priority: 'interactive', timeoutMs: 60_000, signal: new AbortController().signal, tokens: () => 1_200 };
  const gates = await Promise.all(Array.from({ length: workers }, () => openGate({ ...none, ...limits })));
  const times: number[] = [];
  const lane = async (gate: ProviderGate, count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) {
      const startedAt = performance.now();
      const permit = await gate.enter(request);
      permit.leave({ ok: true, tokens: 800 });
      times.push(performance.now() - startedAt);
    }
  };
  // Connections, plans and places are made.
  await Promise.all(gates.map(({ gate }) => lane(gate, 50)));
  times.length = 0;
  const startedAt = performance.now();
  await Promise.all(gates.flatMap(({ gate }) => Array.from({ length: atOnce }, () => lane(gate, Math.ceil(calls / atOnce / workers)))));
  const seconds = (performance.now() - startedAt) / 1_000;
  await Promise.all(gates.map((opened) => opened.close()));
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), perSecond: times.length / seconds };
}

async function openGate(limits: ProviderLimits): Promise<{ gate: ProviderGate; close(): Promise<void> }> {
  const pool = createPostgresPool({ databaseUrl: postgres.url, size: 10, name: 'bench' });
  const gate = new ProviderGate({ pool, databaseUrl: postgres.url, limitsOf: (_provider, model) => (model === null ? limits : null), policy: gatePolicies.interactive });
  await gate.start();
  const close = async (): Promise<void> => {
    await gate.close();
    await pool.end();
  };
  return { gate, close };
}
