import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isAlive } from './process-identity.js';

/** Stops a PostgreSQL that still serves this data folder: the orphan of a killed supervisor, as only one supervisor holds a home. A stale `postmaster.pid` is left to PostgreSQL, which replaces it. */
export async function stopOrphanedPostgres(dataDirectory: string, log: (line: string) => void): Promise<void> {
  const pid = postmasterOf(dataDirectory);
  if (pid === null || !isAlive(pid) || !serves(pid, dataDirectory)) return;
  log(`a PostgreSQL of an earlier start (process ${String(pid)}) still holds ${dataDirectory}; it is stopped first`);
  for (const [signal, patienceMs] of [['SIGINT', 15_000], ['SIGQUIT', 5_000], ['SIGKILL', 5_000]] as const) {
    process.kill(pid, signal);
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await wait(50)) {
      if (!isAlive(pid)) return;
    }
  }
  throw new Error(`PostgreSQL process ${String(pid)} holds ${dataDirectory} and does not stop.`);
}

function postmasterOf(dataDirectory: string): number | null {
  try {
    const pid = Number(readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')[0]);
    return Number.isInteger(pid) && pid > 1 ? pid : null;
  } catch {
    return null;
  }
}

/** The postmaster's working folder is its data folder; a reused process id has another. Where there is no /proc the lock file itself is believed by PostgreSQL, and so by us not: it is left alone. */
function serves(pid: number, dataDirectory: string): boolean {
  try {
    return realpathSync(`/proc/${String(pid)}/cwd`) === realpathSync(dataDirectory);
  } catch {
    return false;
  }
}
