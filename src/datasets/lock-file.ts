import { open, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

const lookMs = 100;
const beatMs = 2_000;
/** A lock without a sign of life for so long belongs to a process that is gone. */
const staleMs = 15_000;

/** Does `work` while no other process does work under the same lock file. The lock of a process that died is taken over. */
export async function withLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  while (!(await take(path))) {
    if (isStale(await ageOf(path))) await clear(path);
    else await wait(lookMs);
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, beatMs);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
    return true;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a lock that is stale. One process at a time does, and looks again as it does: who saw the stale one does not remove the lock of who took it over since. */
async function clear(path: string): Promise<void> {
  const guard = `${path}.clearing`;
  if (!(await take(guard))) {
    if (isStale(await ageOf(guard))) await rm(guard, { force: true });
    else await wait(lookMs);
    return;
  }
  try {
    if (isStale(await ageOf(path))) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

function isStale(age: number | null): boolean {
  return age !== null && age > staleMs;
}

async function ageOf(path: string): Promise<number | null> {
  return stat(path).then(({ mtimeMs }) => Date.now() - mtimeMs, () => null);
}
