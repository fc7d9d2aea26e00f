import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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

/** Takes the home for this process; throws when another supervisor has it. */
export function takeHome(files: HomeFiles): void {
  const mine = { pid: process.pid, startTime: startTimeOf(process.pid) };
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      mkdirSync(dirname(files.supervisor), { recursive: true });
      writeFileSync(files.supervisor, JSON.stringify(mine), { mode: 0o600, flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const other = runningSupervisor(files);
      if (other) throw new Error(alreadyRunning(files, other));
      rmSync(files.supervisor, { force: true });
    }
  }
  throw new Error(`Another Conclave took the data folder ${files.folder} at this moment.`);
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
