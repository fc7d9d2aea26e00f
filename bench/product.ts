import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

export const parts = ['api', 'worker', 'temporal', 'postgres', 'simulated'] as const;
export type Part = (typeof parts)[number];

/** The whole product as `npm start` runs it, in a fresh home, with the simulated provider as its upstream. */
export interface RunningProduct {
  apiUrl: string;
  simulatedUrl: string;
  databaseUrl: string;
  temporalAddress: string;
  temporalNamespace: string;
  pids: Record<Part, number>;
  stop(): Promise<void>;
}

/** Starts `conclave up` from the built tree and waits until it is ready. `environment` is added to the present one. */
export async function startProduct(environment: Record<string, string> = {}): Promise<RunningProduct> {
  const home = join(tmpdir(), `conclave-bench-${String(process.pid)}`);
  const apiUrl = `http://127.0.0.1:${String(await freePort())}`;
  const output: string[] = [];
  const supervisor = spawn(process.execPath, [join('dist', 'src', 'cli', 'main.js'), 'up'], {
    env: {
      ...process.env, PORT: new URL(apiUrl).port, CONCLAVE_HOME: home, CONCLAVE_SIMULATED: 'on', CONCLAVE_CONFIG: join('bench', 'conclave.yaml'), LOG_LEVEL: 'warn', NO_COLOR: '1', ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => supervisor.once('exit', () => { resolve(); }));
  for (const stream of [supervisor.stdout, supervisor.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const stop = async (): Promise<void> => {
    supervisor.kill('SIGTERM');
    await exited;
    rmSync(home, { recursive: true, force: true });
  };
  for (const deadline = Date.now() + 120_000; Date.now() < deadline && supervisor.exitCode === null; await wait(200)) {
    const pids = pidsOf(home);
    const port = (readJson(join(home, 'ports.json')) as { simulated?: number } | null)?.simulated;
    const run = readJson(join(home, 'run', 'supervisor.json')) as { databaseUrl?: string | null; temporalAddress?: string | null; temporalNamespace?: string | null } | null;
    if (pids && port !== undefined && run?.databaseUrl && run.temporalAddress && run.temporalNamespace && (await isReady(`${apiUrl}/health/ready`))) {
      return { apiUrl, simulatedUrl: `http://127.0.0.1:${String(port)}`, databaseUrl: run.databaseUrl, temporalAddress: run.temporalAddress, temporalNamespace: run.temporalNamespace, pids, stop };
    }
  }
  await stop();
  throw new Error(`The product did not become ready:\n${output.join('').slice(-4000)}`);
}

function pidsOf(home: string): Record<Part, number> | null {
  const children = (readJson(join(home, 'run', 'children.json')) as { name: string; pid: number }[] | null) ?? [];
  const found = Object.fromEntries(children.map((child) => [child.name, child.pid]));
  // Complete by the check just made.
  return parts.every((part) => found[part] !== undefined) ? (found as Record<Part, number>) : null;
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

async function isReady(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(2_000) }).then((response) => response.ok, () => false);
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      // A TCP server's address is never a string or null once it listens.
      const { port } = server.address() as AddressInfo;
      server.close(() => { resolve(port); });
    });
  });
}
