import { isAlive } from './process-identity.js';

// Loaded with `--import` before api, worker and simulated provider when the supervisor starts them. Ends this process, gently first, when the supervisor is gone, however it went.
const drainMs = 10_000;
const lookEveryMs = 1_000;
const parent = process.ppid;

function leave(): void {
  clearInterval(watch);
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), drainMs).unref();
}

// The channel closes the moment the supervisor dies; the look at the process catches a supervisor without one. Neither keeps this process alive.
process.once('disconnect', leave);
process.channel?.unref();
const watch = setInterval(() => {
  if (process.ppid !== parent || !isAlive(parent)) leave();
}, lookEveryMs);
watch.unref();
