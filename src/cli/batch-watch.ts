import { watchJob, type WatchOptions } from './watch-job.js';
import { batchLine, batchScreen, exitCodeOf } from './batch-view.js';
import { batchOnWire, type BatchOnWire } from './batch-wire.js';
import { exitCodes } from './exit-codes.js';
import type { Server } from './find-server.js';

/** Shows a batch until it is over, and returns the exit code. Ctrl-C and the time limit end the watch and leave the batch alone. */
export async function watchBatch(server: Server, id: string, options: WatchOptions & { again: string }): Promise<number> {
  const job = { path: `/api/batches/${encodeURIComponent(id)}`, parse: (json: unknown) => batchOnWire.parse(json), what: 'batch', screen: batchScreen, line: lineWithReason, exitCodeOf };
  const { code, state } = await watchJob(server, job, options);
  for (const line of farewell(code, state, id, options.again)) console.error(line);
  return code;
}

function lineWithReason(batch: BatchOnWire): string {
  return batchLine(batch) + (batch.reason ? ` · ${batch.reason.message}` : '');
}

function farewell(code: number, batch: BatchOnWire | null, id: string, again: string): string[] {
  const back = `conclave batch watch ${id}${again}`;
  switch (code) {
    case exitCodes.interrupted:
      return [`The batch goes on. Come back with "${back}", or end it with "conclave batch cancel ${id}${again}".`];
    case exitCodes.timeOut:
      return [`The time is up; the batch goes on. Come back with "${back}".`];
    case exitCodes.costLimit:
      return [`The cost limit is reached. Go on with "conclave batch resume ${id} --max-cost USD${again}", or read what is done with "conclave batch results ${id}${again}".`];
    default:
      return batch && batch.counts.failed > 0 ? [`${String(batch.counts.failed)} failed: see "conclave batch results ${id} --status failed${again}", try them again with "conclave batch retry ${id}${again}".`] : [];
  }
}
