import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** What starts one engine process. */
export interface EngineCommand {
  command: string;
  args: string[];
  cwd: string;
  /** Signal that Linux sends it when this process dies, however it dies. */
  deathSignal: 'INT' | 'TERM';
  environment?: NodeJS.ProcessEnv;
  identity?: { uid: number; gid: number } | null;
  onLine?: (line: string) => void;
  /** Told the process id at once, long before the engine is ready. */
  onSpawn?: ((pid: number) => void) | undefined;
  /** Opens Node's message channel to the process, which tells it when this one is gone. */
  hasChannel?: boolean;
  /** What the process says on that channel. */
  onMessage?: (message: unknown) => void;
}

/** A started engine process. */
export interface EngineProcess {
  pid: number;
  /** Exit code, null after a signal; settles once the process is gone. */
  exited: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

/** A part that the supervisor and tests hold on to. */
export interface RunningEngine {
  pid: number;
  exited: Promise<number | null>;
  /** Stops it as gently as it allows and settles when it is gone. */
  stop(): Promise<void>;
}

const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => process.platform === 'linux' && existsSync(path));

/**
 * Starts a process in a session of its own (a Ctrl-C in the terminal must not stop engines before those who use them), whose output arrives by line.
 * Where Linux's `setpriv` exists the kernel ends it with this process, even after kill -9; elsewhere the next start cleans up.
 */
export function startEngineProcess(engine: EngineCommand): Promise<EngineProcess> {
  const [command, args] = setpriv ? [setpriv, ['--pdeathsig', engine.deathSignal, '--', engine.command, ...engine.args]] : [engine.command, engine.args];
  const child = spawn(command, args, {
    cwd: engine.cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(engine.hasChannel ? (['ipc'] as const) : [])],
    ...(engine.environment && { env: engine.environment }),
    ...(engine.identity ?? {}),
  });
  for (const stream of [child.stdout, child.stderr]) {
    // Null only where stdio says so, and it says pipe.
    if (stream) createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => engine.onLine?.(line));
  }
  if (engine.onMessage) child.on('message', engine.onMessage);
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => { resolve(code); }));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      // `spawn` promises a pid.
      const pid = child.pid as number;
      engine.onSpawn?.(pid);
      resolve({ pid, exited, kill: (signal) => { child.kill(signal); } });
    });
  });
}

/** Sends the signals one after the other, each with its patience, until the process is gone. */
export async function stopEngineProcess(engine: EngineProcess, steps: readonly { signal: NodeJS.Signals; patienceMs: number }[]): Promise<void> {
  for (const { signal, patienceMs } of steps) {
    engine.kill(signal);
    if (await settlesWithin(engine.exited, patienceMs)) return;
  }
  await engine.exited;
}

/** True if the promise settles in time. */
export async function settlesWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => { timer = setTimeout(() => { resolve(false); }, milliseconds); });
  try {
    return await Promise.race([promise.then(() => true, () => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
