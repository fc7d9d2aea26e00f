import { resolve } from 'node:path';
import type { Config } from '../config/config.js';
import { addressTable } from './address-table.js';
import type { PortName } from './choose-ports.js';
import { choosePorts } from './choose-ports.js';
import { endSurvivors } from './end-survivors.js';
import type { RunningEngine } from './engine-process.js';
import { settlesWithin } from './engine-process.js';
import type { HomeFiles } from './home.js';
import { openHome } from './home.js';
import { HopelessStart } from './hopeless-start.js';
import type { Launcher } from './launchers.js';
import { createLaunchers, initialAddresses, partsFor } from './launchers.js';
import { describeRun, recordChildren, releaseHome, takeHome } from './run-file.js';
import type { PartName, SupervisionEffect, SupervisionEvent } from './supervision.js';
import { beforeSupervision, supervise } from './supervision.js';
import { terminalLog } from './terminal-log.js';

/** A second signal sooner than this is the same Ctrl-C, handed on by npm. */
const sameKeypressMs = 1_000;
/** A part that is told to stop while it starts gets this long before it is killed. */
const abortPatienceMs = 10_000;

/** Runs everything until it is told to stop; returns the exit code. */
export async function up(config: Config, options: { isVerbose: boolean }): Promise<number> {
  const begun = Date.now();
  const log = terminalLog();
  const say = (line: string): void => { log('conclave', line); };
  const files = openHome(resolve(config.home));
  takeHome(files);
  const supervisor = new Supervisor(files, say);
  process.once('exit', () => { supervisor.killAll(); });
  const parts = partsFor(config);
  const ports = await prepare(config, files, parts, say);
  const addresses = initialAddresses(config, ports);
  const launchers = createLaunchers({ config, files, ports, isVerbose: options.isVerbose, log, onSpawn: (part, pid) => { supervisor.spawned(part, pid); } }, addresses);
  say(`starting ${parts.join(', ')} …`);
  return supervisor.run(parts, launchers, () => {
    describeRun(files, addresses);
    console.log(addressTable(config, addresses));
    say(`ready after ${((Date.now() - begun) / 1000).toFixed(1)} s. Ctrl-C stops everything; the data stays.`);
  });
}

async function prepare(config: Config, files: HomeFiles, parts: PartName[], say: (line: string) => void): Promise<Record<PortName, number>> {
  try {
    await endSurvivors(files, say);
    return await choosePorts(files, { names: portsOf(parts), apiPort: config.environment.PORT ?? config.environment.TRIO_PORT ?? null, host: config.host }, say);
  } catch (error) {
    releaseHome(files);
    throw error;
  }
}

function portsOf(parts: PartName[]): PortName[] {
  return ['api', ...(parts.includes('postgres') ? (['postgres'] as const) : []), ...(parts.includes('temporal') ? (['temporal', 'temporalUi'] as const) : []), ...(parts.includes('simulated') ? (['simulated'] as const) : [])];
}

/** Does what `supervise` decides, and tells it what came of it. */
class Supervisor {
  private readonly running = new Map<PartName, RunningEngine>();
  private readonly starting = new Map<PartName, Promise<unknown>>();
  private readonly pids = new Map<PartName, number>();
  /** Died by themselves and are not back yet. */
  private readonly fallen = new Set<PartName>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private signalledAt: number | null = null;

  constructor(private readonly files: HomeFiles, private readonly say: (line: string) => void) {}

  /** Runs the parts to their end; 0 when asked to stop, 1 after a fault. */
  run(parts: PartName[], launchers: Record<PartName, Launcher>, announce: () => void): Promise<number> {
    let state = beforeSupervision(parts);
    return new Promise((resolveExit) => {
      const dispatch = (event: SupervisionEvent): void => {
        const step = supervise(state, event);
        const isGivingUp = state.fault === null && step.state.fault !== null;
        state = step.state;
        if (isGivingUp) this.giveUp(state.fault ?? '');
        for (const effect of step.effects) perform(effect);
      };
      const perform = (effect: SupervisionEffect): void => {
        switch (effect.do) {
          case 'start':
            this.start(effect.part, launchers[effect.part], dispatch, () => state.phase === 'running');
            return;
          case 'retry-later':
            this.later(effect.delayMs, () => { dispatch({ is: 'retry', part: effect.part }); });
            return;
          case 'stop':
            void this.stop(effect.part).then(() => { dispatch({ is: 'stopped', part: effect.part }); });
            return;
          case 'announce':
            announce();
            return;
          case 'exit':
            this.timers.forEach(clearTimeout);
            releaseHome(this.files);
            this.say(state.fault === null ? 'stopped; nothing is left running' : 'stopped after a fault');
            resolveExit(state.fault === null ? 0 : 1);
            return;
          default: {
            const never: never = effect;
            throw new Error(`Unknown effect ${String(never)}`);
          }
        }
      };
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => { this.onSignal(signal, dispatch); });
      dispatch({ is: 'begin' });
    });
  }

  /** A process of a part exists: noted for the next start, should this one be killed. */
  spawned(part: PartName, pid: number): void {
    this.pids.set(part, pid);
    recordChildren(this.files, [...this.pids].map(([name, child]) => ({ name, pid: child })));
  }

  /** The end without ceremony. */
  killAll(): void {
    for (const pid of this.pids.values()) signal(pid, 'SIGKILL');
  }

  private start(part: PartName, launch: Launcher, dispatch: (event: SupervisionEvent) => void, isRunning: () => boolean): void {
    const attempt = launch().then(
      (engine) => {
        if (engine === null) {
          dispatch({ is: 'finished', part });
          return;
        }
        this.running.set(part, engine);
        void engine.exited.then((code) => {
          this.gone(part);
          if (isRunning()) this.fallen.add(part);
          if (isRunning()) this.say(`${part} (process ${String(engine.pid)}) ended ${code === null ? 'by a signal' : `with code ${String(code)}`}; it is started again`);
          dispatch({ is: 'failed', part, atMs: Date.now(), reason: `ended with code ${String(code)}` });
        });
        if (this.fallen.delete(part)) this.say(`${part} is back (process ${String(engine.pid)})`);
        dispatch({ is: 'ready', part, atMs: Date.now() });
      },
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.gone(part);
        // What is hopeless is told in full as it gives up.
        if (isRunning() && !(error instanceof HopelessStart)) this.say(`${part} did not start: ${firstLine(reason)}`);
        dispatch({ is: 'failed', part, atMs: Date.now(), reason, isHopeless: error instanceof HopelessStart });
      },
    );
    this.starting.set(part, attempt.finally(() => this.starting.delete(part)));
  }

  private giveUp(fault: string): void {
    const [first = '', ...advice] = fault.split('\n');
    this.say(`giving up. ${first}${advice.length === 0 ? ' (its own lines, above, say more)' : ''}`);
    for (const line of advice) this.say(line);
  }

  private async stop(part: PartName): Promise<void> {
    const starting = this.starting.get(part);
    if (starting) {
      const pid = this.pids.get(part);
      if (pid !== undefined) signal(pid, part === 'postgres' ? 'SIGINT' : 'SIGTERM');
      await settlesWithin(starting, abortPatienceMs);
    }
    await this.running.get(part)?.stop();
    const left = this.pids.get(part);
    if (left !== undefined) signal(left, 'SIGKILL');
    this.gone(part);
  }

  private gone(part: PartName): void {
    this.running.delete(part);
    this.pids.delete(part);
  }

  private later(delayMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      run();
    }, delayMs);
    this.timers.add(timer);
  }

  private onSignal(signal: NodeJS.Signals, dispatch: (event: SupervisionEvent) => void): void {
    const now = Date.now();
    if (this.signalledAt === null) {
      this.signalledAt = now;
      this.say(`${signal}: stopping worker, api, Temporal, PostgreSQL (once more: at once)`);
      dispatch({ is: 'stop' });
    } else if (now - this.signalledAt >= sameKeypressMs) {
      this.say('stopping at once');
      releaseHome(this.files);
      process.exit(130);
    }
  }
}

/** To the whole process group, of which each part is the leader: a build has children of its own. */
function signal(pid: number, name: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, name);
      return;
    } catch {
      // There is no such group (Windows) or it is gone already.
    }
  }
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/:$/, '');
}
