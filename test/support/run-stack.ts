import { mkdirSync, mkdtempSync, copyFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase } from './database.js';
import { startTestTemporal } from './engines.js';
import { startNodeProcess, type NodeProcess } from './node-process.js';
import { RunDriver } from './runs.js';
import { productEnvironment, stackAddresses, startApi } from './stack.js';

/** A spec's own database, Temporal, home and workers, over the shared simulated provider: for runs whose workers die, or whose data lies in the home. */
export interface RunTestStack {
  runs: RunDriver;
  databaseUrl: string;
  home: string;
  startWorker(environment?: Record<string, string>): Promise<NodeProcess>;
  /** An api of the spec's own; `stop` it, or it ends with the stack. */
  startApi(environment?: Record<string, string>): Promise<NodeProcess & { url: string }>;
  /** Where Temporal listens. */
  temporalAddress: string;
  /** Sends SIGKILL to every worker. */
  killWorkers(): Promise<void>;
  /** Puts a file where the data set of a benchmark is looked for. */
  place(benchmark: string, file: URL, name: string): void;
  stop(): Promise<void>;
}

export async function startRunTestStack(): Promise<RunTestStack> {
  const home = mkdtempSync(join(tmpdir(), 'conclave-runs-'));
  const [database, temporal] = await Promise.all([createTestDatabase(), startTestTemporal()]);
  const addresses = { ...stackAddresses(), databaseUrl: database.url, temporalAddress: temporal.address };
  const workers: NodeProcess[] = [];
  const apis: NodeProcess[] = [];
  const runs = await RunDriver.connect(addresses);
  return {
    runs,
    databaseUrl: database.url,
    temporalAddress: temporal.address,
    home,
    killWorkers: async () => {
      for (const worker of workers) worker.kill('SIGKILL');
      await Promise.all(workers.splice(0).map((worker) => worker.exited));
    },
    startWorker: async (environment = {}) => {
      const worker = await startNodeProcess('run worker', ['dist/src/worker.js'], { ...productEnvironment(addresses, home), ...environment });
      workers.push(worker);
      return worker;
    },
    startApi: async (environment = {}) => {
      const api = await startApi({ ...productEnvironment(addresses, home), ...environment });
      apis.push(api);
      return api;
    },
    place: (benchmark, file, name) => {
      mkdirSync(join(home, 'datasets', benchmark), { recursive: true });
      copyFileSync(file, join(home, 'datasets', benchmark, name));
    },
    stop: async () => {
      await runs.close();
      await Promise.all([...apis, ...workers].map((process) => process.stop()));
      await temporal.stop();
      await database.drop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
