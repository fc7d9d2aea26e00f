import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { RunningEngine } from './engine-process.js';
import { startEngineProcess, stopEngineProcess } from './engine-process.js';
import { packageRoot } from './package-root.js';
import { listeningMessage } from './tell-listening.js';

export interface NodePart {
  /** Below `dist/`, such as `src/main.js`. */
  script: string;
  args?: string[];
  /** Options of Node itself, before the script. */
  nodeOptions?: readonly string[];
  environment: NodeJS.ProcessEnv;
  /** How long it may take to finish what it holds after SIGTERM. */
  drainMs: number;
  /** It says on its channel when it listens (`tell-listening.ts`), and is not asked before: whoever answers on its port until then is another. */
  tellsListening?: boolean;
  /** Asked until it says yes; an error counts as not yet. */
  isReady: () => Promise<boolean>;
  readyWithinMs: number;
  onLog: (line: string) => void;
  onSpawn: (pid: number) => void;
}

/** Starts one of our own processes, which ends with this one, and settles when it is ready. Throws with its last lines when it ends before, or takes too long. */
export async function startNodePart(part: NodePart): Promise<RunningEngine> {
  const dist = join(packageRoot(), 'dist');
  const recent: string[] = [];
  let listens = part.tellsListening !== true;
  const engine = await startEngineProcess({
    command: process.execPath,
    args: [...(part.nodeOptions ?? []), '--import', pathToFileURL(join(dist, 'src', 'supervisor', 'exit-with-parent.js')).href, join(dist, part.script), ...(part.args ?? [])],
    cwd: process.cwd(),
    deathSignal: 'TERM',
    environment: part.environment,
    hasChannel: true,
    onMessage: (message) => {
      if (message === listeningMessage) listens = true;
    },
    onSpawn: part.onSpawn,
    onLine: (line) => {
      recent.push(line);
      if (recent.length > 8) recent.shift();
      part.onLog(line);
    },
  });
  const stop = (): Promise<void> => stopEngineProcess(engine, [{ signal: 'SIGTERM', patienceMs: part.drainMs }, { signal: 'SIGKILL', patienceMs: 5_000 }]);
  let code: number | null | undefined;
  void engine.exited.then((exit) => { code = exit; });
  for (const deadline = Date.now() + part.readyWithinMs; Date.now() < deadline; await wait(50)) {
    if (code !== undefined) throw new Error(`ended with code ${String(code)} before it was ready${recent.length > 0 ? `:\n${recent.join('\n')}` : ''}`);
    if (listens && (await part.isReady().catch(() => false))) return { pid: engine.pid, exited: engine.exited, stop };
  }
  await stop();
  throw new Error(`was not ready within ${String(part.readyWithinMs / 1000)} s:\n${recent.join('\n')}`);
}
