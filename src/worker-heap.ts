import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * What of a worker's heap can only be said when Node starts, in MB: the room for objects that just came into being, 16 as Node 20 has it. Node 24 takes four times as much, which is 80 MB more and
 * no faster here. With 8 more of them become old before they are garbage.
 */
export const workerNodeOptions = ['--max-semi-space-size=16'];

/**
 * How V8 shares memory out in a worker otherwise. By default it lets the heap grow to three times what lives in it, and each workflow thread keep as much room as the main thread for objects that
 * just came into being. Collecting sooner costs some of its time; docs/benchmarks.md has the figures.
 */
const flags = [
  // The next full collection comes when the heap is this many percent larger than what the last one left.
  '--heap-growing-percent=60',
  // Of isolates made from now on, in MB: a workflow thread works on one activation of a few KB at a time.
  '--max-semi-space-size=4',
];

/** Sets how the heap grows from now on, also in threads that are started later. To be called before the workflow threads are. */
export function keepHeapSmall(): void {
  for (const flag of flags) setFlagsFromString(flag);
}

/** Collects once: what starting left behind goes, and V8 counts the growth of the heap from here instead of from its initial limit of hundreds of MB. */
export function collectOnce(): void {
  setFlagsFromString('--expose-gc');
  // Contexts made under that flag have the function.
  (runInNewContext('gc') as () => void)();
  setFlagsFromString('--no-expose-gc');
}
