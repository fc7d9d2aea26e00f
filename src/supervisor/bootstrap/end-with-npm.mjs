// npm hands SIGTERM to the shell between it and us, and that shell dies without a word. So we look whether the two are still there, and end as if we had been told.
import { readFileSync } from 'node:fs';

const lookEveryMs = 500;

/** Sends this process SIGTERM once the npm that started it is gone; does nothing where no npm did. */
export function endWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  // Where a shell stands between, npm is the shell's parent. Only Linux tells; elsewhere the parent itself has to do.
  const npm = cmdline(parent)?.startsWith('npm') === false ? parentOf(parent) : null;
  const timer = setInterval(() => {
    if (process.ppid === parent && (npm === null || cmdline(npm)?.startsWith('npm'))) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, lookEveryMs);
  timer.unref();
}

function cmdline(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return null;
  }
}

/** The parent, if it is an npm; null otherwise. */
function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return cmdline(parent)?.startsWith('npm') ? parent : null;
  } catch {
    return null;
  }
}
