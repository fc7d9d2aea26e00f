import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase } from './database.js';
import { startTestTemporal } from './engines.js';
import type { NodeProcess } from './node-process.js';
import { startNodeProcess } from './node-process.js';
import { freePort } from './ports.js';
import { until } from './until.js';

/** Where the parts of the shared stack listen; travels to the specs as JSON in `CONCLAVE_TEST_STACK`. */
export interface StackAddresses {
  apiUrl: string;
  simulatedUrl: string;
  databaseUrl: string;
  temporalAddress: string;
}

/** The shared stack of this run. */
export function stackAddresses(): StackAddresses {
  const json = process.env['CONCLAVE_TEST_STACK'];
  if (!json) throw new Error('CONCLAVE_TEST_STACK is not set: run the specs through Jest (--selectProjects e2e or contract).');
  // Written by this module's `startTestStack`.
  return JSON.parse(json) as StackAddresses;
}

/** The environment that every process of the product gets in tests: simulated answers, policies of seconds, no colours. */
export function productEnvironment(addresses: Omit<StackAddresses, 'apiUrl'>, home: string): Record<string, string> {
  return {
    DATABASE_URL: addresses.databaseUrl,
    TEMPORAL_ADDRESS: addresses.temporalAddress,
    CONCLAVE_HOME: home,
    CONCLAVE_CONFIG: join(process.cwd(), 'test', 'fixtures', 'conclave.yaml'),
    CONCLAVE_SIMULATED: 'on',
    CONCLAVE_SIMULATED_URL: addresses.simulatedUrl,
    CONCLAVE_POLICY: 'test',
    TRIO_MODELS: 'simulated/alder,simulated/birch,simulated/cedar',
    LOG_LEVEL: 'warn',
    NO_COLOR: '1',
  };
}

/** An api process of a spec's own, for settings that the shared one doesn't have. */
export async function startApi(environment: Record<string, string>, name = 'api'): Promise<NodeProcess & { url: string }> {
  const port = await freePort();
  const api = await startNodeProcess(name, ['dist/src/main.js'], { ...environment, PORT: String(port) });
  const url = `http://127.0.0.1:${port}`;
  await untilAnswers(api, `${url}/health/live`);
  return { ...api, url };
}

/** Waits until the address answers, or says what the process said before it died. */
export async function untilAnswers(process: NodeProcess, url: string): Promise<void> {
  const gone = process.exited.then(() => {
    throw new Error(`The process that should answer ${url} ended:\n${process.output()}`);
  });
  gone.catch(() => undefined);
  await Promise.race([gone, until(`answer of ${url}`, async () => (await fetch(url)).ok, 60_000)]);
}

/** Starts the simulated provider on a port of its own, without its believable latencies. */
export async function startSimulated(name = 'simulated'): Promise<NodeProcess & { url: string }> {
  const port = await freePort();
  const simulated = await startNodeProcess(name, ['dist/src/simulated/main.js', '--port', String(port), '--latency', '0', '--tps', '0'], {});
  const url = `http://127.0.0.1:${port}`;
  await untilAnswers(simulated, `${url}/stats`);
  return { ...simulated, url };
}

/** Starts everything that e2e and contract specs talk to, on databases and ports of its own. */
export async function startTestStack(postgresUrl: string): Promise<{ addresses: StackAddresses; stop(): Promise<void> }> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of stops.reverse()) await step();
  };
  try {
    const home = mkdtempSync(join(tmpdir(), 'conclave-home-'));
    stops.push(async () => rmSync(home, { recursive: true, force: true }));
    const [database, temporal, simulated] = await Promise.all([createTestDatabase(postgresUrl), startTestTemporal(), startSimulated()]);
    stops.push(() => temporal.stop(), () => simulated.stop());
    const engines = { databaseUrl: database.url, temporalAddress: temporal.address, simulatedUrl: simulated.url };
    const environment = productEnvironment(engines, home);
    const [api, worker] = await Promise.all([startApi(environment), startNodeProcess('worker', ['dist/src/worker.js'], environment)]);
    stops.push(() => api.stop(), () => worker.stop());
    return { addresses: { ...engines, apiUrl: api.url }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
