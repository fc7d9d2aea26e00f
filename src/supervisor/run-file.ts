import { linkSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { HomeFiles } from './home.js';
import { readJson } from './home.js';
import { isAlive, startTimeOf } from './process-identity.js';

const processSchema = z.object({ pid: z.number(), startTime: z.string().nullable() });
const runFileSchema = processSchema.extend({
  apiUrl: z.string().nullable().default(null),
  temporalUiUrl: z.string().nullable().default(null),
  temporalAddress: z.string().nullable().default(null),
  temporalNamespace: z.string().nullable().default(null),
  databaseUrl: z.string().nullable().default(null),
});
const childrenSchema = z.array(processSchema.extend({ name: z.string() }));

/** The supervisor that holds a home, and what it runs where. */
export type RunFile = z.infer<typeof runFileSchema>;
export type ChildRecord = z.infer<typeof childrenSchema>[number];

/** The supervisor that runs with this home now, or null. */
export function runningSupervisor(files: HomeFiles): RunFile | null {
  const parsed = runFileSchema.safeParse(readJson(files.supervisor));
  return parsed.success && isSameProcess(parsed.data) ? parsed.data : null;
}

/** Another start needs microseconds to clear away what a dead one left; one that was killed as it did left its guard. */
const patienceMs = 1_000;
const abandonedMs = 500;

/** Takes the home for this process; throws when another supervisor has it. */
export function takeHome(files: HomeFiles): void {
  const mine = { pid: process.pid, startTime: startTimeOf(process.pid) };
  mkdirSync(dirname(files.supervisor), { recursive: true });
  for (const giveUpAt = Date.now() + patienceMs; Date.now() < giveUpAt; pause()) {
    if (putWhere(files.supervisor, mine)) return;
    const other = runningSupervisor(files);
    if (other) throw new Error(alreadyRunning(files, other));
    if (clearDead(files) && putWhere(files.supervisor, mine)) return;
  }
  throw new Error(`Another Conclave took the data folder ${files.folder} at this moment.`);
}

/** Writes the file where there is none, whole or not at all: half of it would look like that of a dead supervisor. False: there is one. */
function putWhere(path: string, content: unknown): boolean {
  const partial = `${path}.${String(process.pid)}`;
  writeFileSync(partial, JSON.stringify(content), { mode: 0o600 });
  try {
    linkSync(partial, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(partial, { force: true });
  }
}

/** Removes the file of a dead supervisor. One start at a time does, and looks again as it does: who saw the dead one's does not remove that of who took the home since. False: another start is at it. */
function clearDead(files: HomeFiles): boolean {
  const guard = `${files.supervisor}.clearing`;
  if (!putWhere(guard, '')) {
    const begunAt = statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - begunAt > abandonedMs) rmSync(guard, { force: true });
    return false;
  }
  try {
    if (!runningSupervisor(files)) rmSync(files.supervisor, { force: true });
    return true;
  } finally {
    rmSync(guard, { force: true });
  }
}

/** Nothing of a start has begun yet, so that the thread may stand still. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
}

function alreadyRunning(files: HomeFiles, other: RunFile): string {
  const where = other.apiUrl ? ` at ${other.apiUrl}` : '';
  return `Conclave already runs with the data folder ${files.folder} (process ${String(other.pid)})${where}. Use that one, stop it (Ctrl-C there, or "kill ${String(other.pid)}"), or set CONCLAVE_HOME to another folder.`;
}

/** Writes where things run now, for the other commands. */
export function describeRun(files: HomeFiles, addresses: Omit<RunFile, 'pid' | 'startTime'>): void {
  writeWhole(files.supervisor, { pid: process.pid, startTime: startTimeOf(process.pid), ...addresses });
}

export function releaseHome(files: HomeFiles): void {
  rmSync(files.children, { force: true });
  rmSync(files.supervisor, { force: true });
}

/** Children of an earlier supervisor of this home that still live. */
export function survivors(files: HomeFiles): ChildRecord[] {
  const parsed = childrenSchema.safeParse(readJson(files.children));
  return parsed.success ? parsed.data.filter(isSameProcess) : [];
}

export function recordChildren(files: HomeFiles, children: { name: string; pid: number }[]): void {
  writeWhole(files.children, children.map((child) => ({ ...child, startTime: startTimeOf(child.pid) })));
}

/** True while that very process lives: ids are used again, start times are not. */
export function isSameProcess(record: { pid: number; startTime: string | null }): boolean {
  return isAlive(record.pid) && (record.startTime === null || startTimeOf(record.pid) === record.startTime);
}

function writeWhole(path: string, content: unknown): void {
  const partial = `${path}.${String(process.pid)}`;
  writeFileSync(partial, JSON.stringify(content, null, 2), { mode: 0o600 });
  renameSync(partial, path);
}
