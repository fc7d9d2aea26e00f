// How the heap of a process grows that does as the worker does at its start; prints JSON in megabytes. Argument: the URL of the built `src/worker-heap.js`.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { getHeapSpaceStatistics } from 'node:v8';

function heapMegabytes(isCounted) {
  return getHeapSpaceStatistics().reduce((sum, { space_name: name, space_size: size }) => sum + (isCounted(name) ? size : 0), 0) / 2 ** 20;
}

/** `young`: the room for young objects after many that live a moment. `peak`: the whole heap, while 15 to 30 MB live in it. */
function grow() {
  let young = 0;
  for (let count = 0, kept = []; count < 1_000_000; count++) {
    if (kept.length > 60_000) kept = [];
    kept.push({ count });
    if (count % 10_000 === 0) young = Math.max(young, heapMegabytes((name) => name === 'new_space'));
  }
  let peak = 0;
  for (let count = 0, kept = []; count < 3_000; count++) {
    if (kept.length > 200) kept.splice(0, 100);
    kept.push(new Array(20_000).fill(count));
    peak = Math.max(peak, heapMegabytes(() => true));
  }
  return { young, peak };
}

if (isMainThread) {
  const { keepHeapSmall, collectOnce } = await import(process.argv[2]);
  keepHeapSmall();
  let garbage = Array.from({ length: 200 }, () => new Array(20_000).fill(0));
  const before = garbage.length && process.memoryUsage().heapUsed / 2 ** 20;
  garbage = null;
  collectOnce();
  const after = process.memoryUsage().heapUsed / 2 ** 20;
  const thread = await new Promise((resolve) => new Worker(new URL(import.meta.url)).once('message', resolve));
  process.stdout.write(JSON.stringify({ before, after, main: grow(), thread, isExposed: typeof globalThis.gc === 'function' }));
} else {
  parentPort.postMessage(grow());
}
