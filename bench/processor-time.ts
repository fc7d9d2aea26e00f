import { readFileSync, readdirSync } from 'node:fs';

const ticksPerSecond = 100;

/**
 * CPU seconds a process has used so far, its children included: the dead ones it has reaped and the living ones. Linux only.
 * PostgreSQL is one such tree; the others have no children.
 */
export function processorSeconds(pid: number): number {
  const parents = parentsOfAll();
  const tree = [...parents.keys()].filter((candidate) => isWithin(candidate, pid, parents));
  return tree.reduce((sum, member) => sum + ticksOf(member), 0) / ticksPerSecond;
}

/** Resident memory of a process in MB; 0 where it is gone. */
export function residentMegabytes(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function fieldsOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in brackets and may hold blanks; what follows it is regular, beginning with field 3.
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** User and system time, own (fields 14 and 15) and of reaped children (16 and 17). */
function ticksOf(pid: number): number {
  return fieldsOf(pid).slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}

function parentsOfAll(): Map<number, number> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  return new Map(pids.map((pid) => [pid, Number(fieldsOf(pid)[1] ?? 0)]));
}

function isWithin(pid: number, root: number, parents: Map<number, number>): boolean {
  for (let current = pid; current > 1; current = parents.get(current) ?? 0) if (current === root) return true;
  return false;
}
