import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/supervisor/package-root.js';
import type { RunningEngine } from '../../src/supervisor/engine-process.js';
import { startEngineProcess, stopEngineProcess } from '../../src/supervisor/engine-process.js';

/** A process of the product under test. */
export interface NodeProcess extends RunningEngine {
  /** Its output so far, the last 200 lines. */
  output(): string;
  kill(signal: NodeJS.Signals): void;
}

const running = new Set<NodeProcess>();

/** Stops whatever this process started and has not stopped. */
export async function stopLeftovers(): Promise<void> {
  await Promise.all([...running].map((leftover) => leftover.stop()));
}

/**
 * Starts `node <script>` (relative to the package's folder) with exactly this environment on top of PATH and HOME: what the
 * developer's shell exports, provider keys above all, must not reach a test. Ends with the process that started it.
 */
export async function startNodeProcess(name: string, args: string[], environment: Record<string, string>): Promise<NodeProcess> {
  const lines: string[] = [];
  const folder = process.env['CONCLAVE_TEST_LOGS'];
  if (folder) mkdirSync(folder, { recursive: true });
  const file = folder ? createWriteStream(join(folder, `${name}-${process.pid}.log`), { flags: 'a' }) : null;
  const engine = await startEngineProcess({
    command: process.execPath,
    args,
    cwd: packageRoot(),
    deathSignal: 'TERM',
    environment: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    onLine: (line) => {
      lines.push(line);
      if (lines.length > 200) lines.shift();
      file?.write(`${line}\n`);
    },
  });
  const started: NodeProcess = {
    pid: engine.pid,
    exited: engine.exited,
    kill: (signal) => engine.kill(signal),
    output: () => lines.join('\n'),
    stop: () => stopEngineProcess(engine, [{ signal: 'SIGTERM', patienceMs: 10_000 }, { signal: 'SIGKILL', patienceMs: 5_000 }]),
  };
  running.add(started);
  void engine.exited.then(() => running.delete(started));
  return started;
}
