import { open, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

const lookMs = 100;
const beatMs = 2_000;
/** A lock without a sign of life for so long belongs to a process that is gone. */
const staleMs = 15_000;

/** Does `work` while no other process does work under the same lock file. The lock of a process that died is taken over. */
export async function withLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  while (!(await take(path))) {
    const age = await ageOf(path);
    if (age !== null && age > staleMs) await rm(path, { force: true });
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

async function ageOf(path: string): Promise<number | null> {
  return stat(path).then(({ mtimeMs }) => Date.now() - mtimeMs, () => null);
}
