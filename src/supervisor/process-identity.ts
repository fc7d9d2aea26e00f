import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** True while a process of that id exists; a zombie, which only waits for its parent to read its exit code, does not count. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return statFields(pid)?.[0] !== 'Z';
}

/** What tells a process from a later one with the same id: its start time, as the system writes it. Null when there is no such process. */
export function startTimeOf(pid: number): string | null {
  const fields = statFields(pid);
  // Field 22 of /proc/<pid>/stat; the list begins at field 3.
  if (fields) return fields[19] ?? null;
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || null;
  } catch {
    return null;
  }
}

/** Fields of /proc/<pid>/stat from the third on (the second, the program's name, may hold blanks); null where there is none. */
function statFields(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
