import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { EngineProcess, RunningEngine } from './engine-process.js';
import { startEngineProcess, stopEngineProcess } from './engine-process.js';
import { isListening } from './ports.js';
import { temporalServerArguments } from './temporal-arguments.js';
import { channelArguments } from '../temporal/connect-options.js';
import { searchAttributeNames } from '../temporal/search-attributes.js';

/** First start writes the schema of a new SQLite file; a slow disk takes its time. */
const readyWithinMs = 60_000;

export interface TemporalOptions {
  binary: string;
  /** SQLite file that outlives the process; null: in memory. */
  databaseFile: string | null;
  /** Where the workflows are; registered where it is new. */
  namespace: string;
  /** A free port on loopback for gRPC. */
  port: number;
  /** Port of the Web UI; null: none. */
  uiPort: number | null;
  onLog?: (line: string) => void;
  /** Told the process id at once, before it is ready. */
  onSpawn?: (pid: number) => void;
}

export interface RunningTemporal extends RunningEngine {
  /** `127.0.0.1:<port>` */
  address: string;
  uiUrl: string | null;
}

/** Starts a Temporal dev server with the settings that make it fast, and settles once its namespace and our search attributes are there. Throws where another program has the port. */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const databaseFile = options.databaseFile === null ? null : resolve(options.databaseFile);
  // SQLite's files beside the database hold histories too, and appear with modes of their own.
  if (databaseFile !== null) mkdirSync(dirname(databaseFile), { recursive: true, mode: 0o700 });
  // Another server there would be taken for this one.
  if (await isListening(options.port)) throw new Error(`Port ${String(options.port)} for Temporal is in use by another program, perhaps by another Conclave. Stop that one, or restart this one: it then takes another port.`);
  const recent: string[] = [];
  const engine = await startEngineProcess({
    command: options.binary,
    args: temporalServerArguments({ databaseFile, namespace: options.namespace, port: options.port, uiPort: options.uiPort }),
    cwd: databaseFile === null ? process.cwd() : dirname(databaseFile),
    deathSignal: 'TERM',
    onSpawn: options.onSpawn,
    onLine: (line) => {
      recent.push(line);
      if (recent.length > 20) recent.shift();
      options.onLog?.(line);
    },
  });
  const stop = (): Promise<void> => stopEngineProcess(engine, [{ signal: 'SIGTERM', patienceMs: 15_000 }, { signal: 'SIGKILL', patienceMs: 5_000 }]);
  const address = `127.0.0.1:${String(options.port)}`;
  try {
    await untilReady({ address, port: options.port, namespace: options.namespace, engine, recent });
  } catch (error) {
    await stop();
    throw error;
  }
  if (databaseFile !== null && existsSync(databaseFile)) chmodSync(databaseFile, 0o600);
  return { address, uiUrl: options.uiPort === null ? null : `http://127.0.0.1:${String(options.uiPort)}`, pid: engine.pid, exited: engine.exited, stop };
}

async function untilReady({ address, port, namespace, engine, recent }: { address: string; port: number; namespace: string; engine: EngineProcess; recent: string[] }): Promise<void> {
  const ended = { isTrue: false };
  void engine.exited.then(() => { ended.isTrue = true; });
  let lastError: unknown;
  for (const deadline = Date.now() + readyWithinMs; Date.now() < deadline; await wait(50)) {
    if (ended.isTrue) throw new Error(`Temporal did not start on ${address}: ${recent.slice(-5).join(' · ')}`);
    try {
      // A gRPC channel that is refused once waits a second before it tries again: ask only where somebody listens.
      if ((await isListening(port)) && (await answers(address, namespace))) return;
    } catch (error) {
      lastError = error;
    }
  }
  throw new Error(`Temporal did not answer on ${address} within ${String(readyWithinMs / 1000)} s: ${recent.slice(-5).join(' · ')}`, { cause: lastError });
}

async function answers(address: string, namespace: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000, channelArgs: channelArguments(address) });
  try {
    await connection.workflowService.describeNamespace({ namespace });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return searchAttributeNames.every((name) => name in customAttributes);
  } finally {
    await connection.close();
  }
}
