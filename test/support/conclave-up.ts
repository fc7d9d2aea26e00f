import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settlesWithin } from '../../src/supervisor/engine-process.js';
import type { NodeProcess } from './node-process.js';
import { startNodeProcess } from './node-process.js';
import { freePort } from './ports.js';
import { until } from './until.js';

/** The parts that a chaos spec kills. */
export const victims = ['worker', 'api', 'temporal', 'postgres'] as const;
export type Victim = (typeof victims)[number];

/** A whole Conclave as a user starts it, supervisor and embedded engines included, in a home of its own. */
export interface ConclaveUp {
  apiUrl: string;
  databaseUrl: string;
  home: string;
  supervisor: NodeProcess;
  /** The process that plays this part now; null while it is being started again. */
  pidOf(part: Victim): number | null;
  /** Sends SIGKILL to the part's process and returns its id. */
  kill(part: Victim): Promise<number>;
  /** Settles when another process plays the part and the service is ready. */
  untilRestarted(part: Victim, killedPid: number): Promise<void>;
  /** Stops everything, engines included, as a user does who closes the terminal, and starts it again in the same home. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Runs `conclave up` against a simulated provider that is not its child, so that no kill touches the counting. */
export async function startConclaveUp(simulatedUrl: string): Promise<ConclaveUp> {
  const home = mkdtempSync(join(tmpdir(), 'conclave-chaos-'));
  chmodSync(home, 0o711);
  const apiUrl = `http://127.0.0.1:${await freePort()}`;
  // Not the usual ports: while an engine is killed another Conclave of this machine could take its port, and ours would talk to it.
  writeFileSync(join(home, 'ports.json'), JSON.stringify({ postgres: await freePort(), temporal: await freePort(), temporalUi: await freePort() }));
  const start = (): Promise<NodeProcess> => startNodeProcess('conclave-up', ['dist/src/cli/main.js', 'up'], {
    PORT: new URL(apiUrl).port,
    CONCLAVE_HOME: home,
    CONCLAVE_CONFIG: join(process.cwd(), 'test', 'fixtures', 'conclave.yaml'),
    CONCLAVE_SIMULATED: 'on',
    CONCLAVE_SIMULATED_URL: simulatedUrl,
    CONCLAVE_POLICY: 'test',
    LOG_LEVEL: 'warn',
    NO_COLOR: '1',
    ...(process.env['TEMPORAL_CLI_PATH'] && { TEMPORAL_CLI_PATH: process.env['TEMPORAL_CLI_PATH'] }),
  });
  let supervisor = await start();
  const isReady = async (): Promise<boolean> => (await fetch(`${apiUrl}/health/ready`, { signal: AbortSignal.timeout(2_000) })).ok;
  const pidOf = (part: Victim): number | null => childrenOf(home).find((child) => child.name === part)?.pid ?? null;
  const end = async (): Promise<void> => {
    supervisor.kill('SIGTERM');
    if (!(await settlesWithin(supervisor.exited, 40_000))) await supervisor.stop();
  };
  const stop = async (): Promise<void> => {
    await end();
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const run = await until('conclave up', async () => {
      const started = readJson(join(home, 'run', 'supervisor.json')) as { databaseUrl?: string | null } | null;
      return started?.databaseUrl && (await isReady()) ? (started as { databaseUrl: string }) : null;
    }, 90_000, 200);
    return {
      apiUrl,
      databaseUrl: run.databaseUrl,
      home,
      get supervisor() {
        return supervisor;
      },
      pidOf,
      stop,
      restart: async () => {
        await end();
        supervisor = await start();
        await until('conclave up, once more', isReady, 90_000, 200);
      },
      kill: async (part) => {
        const pid = await until(`process of ${part}`, async () => pidOf(part));
        process.kill(pid, 'SIGKILL');
        return pid;
      },
      untilRestarted: async (part, killedPid) => {
        await until(`restart of ${part}`, async () => {
          const pid = pidOf(part);
          return pid !== null && pid !== killedPid && (await isReady());
        }, 60_000);
      },
    };
  } catch (error) {
    const output = supervisor.output();
    await stop();
    throw new Error(`conclave up did not become ready:\n${output}`, { cause: error });
  }
}

function childrenOf(home: string): { name: string; pid: number }[] {
  return (readJson(join(home, 'run', 'children.json')) as { name: string; pid: number }[] | null) ?? [];
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
