import { mkdirSync, mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startPostgres } from '../../src/supervisor/embedded-postgres.js';
import { startTemporal } from '../../src/supervisor/embedded-temporal.js';
import { resolveTemporalBinary } from '../../src/supervisor/temporal-binary.js';
import { workerNodeOptions } from '../../src/worker-heap.js';
import { createTestDatabase } from '../../test/support/database.js';
import { startNodeProcess, type NodeProcess } from '../../test/support/node-process.js';
import { freePort } from '../../test/support/ports.js';
import { startSimulated } from '../../test/support/stack.js';
import { RunDriver } from '../../test/support/runs.js';

export const parts = ['worker', 'temporal', 'postgres'] as const;
export type Part = (typeof parts)[number];

/** What a run needs: engines as `npm start` has them, on disk and durable, one worker, and a simulated provider as upstream. */
export interface RunStack {
  runs: RunDriver;
  simulatedUrl: string;
  pid(part: Part): number;
  /** Ends the worker as a power cut would, and starts another. */
  killWorker(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRunStack(): Promise<RunStack> {
  const home = mkdtempSync(join(tmpdir(), 'conclave-bench-runs-'));
  // As root PostgreSQL runs as another user, who has to pass through here.
  chmodSync(home, 0o711);
  mkdirSync(join(home, 'temporal'), { recursive: true });
  const binary = await resolveTemporalBinary({ onProgress: (line) => console.error(line) });
  const [postgres, temporal] = await Promise.all([
    startPostgres({ dataDirectory: join(home, 'postgres'), port: await freePort(), password: 'bench', durable: true }),
    startTemporal({ binary: binary.path, databaseFile: join(home, 'temporal', 'temporal.db'), namespace: 'default', port: await freePort(), uiPort: null }),
  ]);
  const database = await createTestDatabase(postgres.url);
  const simulated = await startSimulated();
  const simulatedUrl = simulated.url;
  const environment = {
    DATABASE_URL: database.url, TEMPORAL_ADDRESS: temporal.address, CONCLAVE_HOME: home, CONCLAVE_CONFIG: join(process.cwd(), 'bench', 'conclave.yaml'), CONCLAVE_SIMULATED: 'on', CONCLAVE_SIMULATED_URL: simulatedUrl,
    LOG_LEVEL: 'warn', NO_COLOR: '1',
  };
  const startWorker = (): Promise<NodeProcess> => startNodeProcess('worker', [...workerNodeOptions, 'dist/src/worker.js'], environment);
  let worker = await startWorker();
  const runs = await RunDriver.connect({ databaseUrl: database.url, temporalAddress: temporal.address });
  return {
    runs,
    simulatedUrl,
    pid: (part) => ({ worker: worker.pid, temporal: temporal.pid, postgres: postgres.pid })[part],
    killWorker: async () => {
      worker.kill('SIGKILL');
      await worker.exited;
      await wait(100);
      worker = await startWorker();
    },
    stop: async () => {
      await runs.close();
      await worker.stop();
      await simulated.stop();
      await temporal.stop();
      await postgres.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
