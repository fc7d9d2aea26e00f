import { setTimeout as wait } from 'node:timers/promises';
import type { HomeFiles } from './home.js';
import type { ChildRecord } from './run-file.js';
import { isSameProcess, survivors } from './run-file.js';

const patienceMs = 10_000;

/** Ends what a killed supervisor left running: processes first, engines after them. Returns their names. */
export async function endSurvivors(files: HomeFiles, log: (line: string) => void): Promise<string[]> {
  const found = survivors(files);
  if (found.length === 0) return [];
  log(`an earlier start was killed and left ${found.map(({ name, pid }) => `${name} (process ${String(pid)})`).join(', ')}; stopping them first`);
  const isEngine = (child: ChildRecord): boolean => child.name === 'postgres' || child.name === 'temporal';
  for (const group of [found.filter((child) => !isEngine(child)), found.filter(isEngine)]) {
    await Promise.all(group.map(end));
  }
  return found.map(({ name }) => name);
}

async function end(child: ChildRecord): Promise<void> {
  // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for its clients.
  for (const signal of [child.name === 'postgres' ? 'SIGINT' : 'SIGTERM', 'SIGKILL'] as const) {
    if (!isSameProcess(child)) return;
    try {
      process.kill(child.pid, signal);
    } catch {
      return;
    }
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline && isSameProcess(child); ) await wait(50);
  }
}
