import { exitCodes } from './exit-codes.js';
import type { Server } from './find-server.js';
import { runExitCodeOf, runLine, runMilestone, runScreen } from './run-view.js';
import { runOnWire, type RunOnWire } from './run-wire.js';
import { watchJob, type WatchOptions } from './watch-job.js';

/** Shows a run until it is over, and returns the exit code. Ctrl-C and the time limit end the watch and leave the run alone. `again`: how the command line would be called again, as `--url …`. */
export async function watchRun(server: Server, id: string, options: WatchOptions & { again: string }): Promise<number> {
  const job = { path: `/api/runs/${encodeURIComponent(id)}`, parse: (json: unknown) => runOnWire.parse(json), what: 'run', screen: runScreen, line: runLine, milestone: runMilestone, exitCodeOf: runExitCodeOf };
  const { code, state } = await watchJob(server, job, options);
  for (const line of farewell(code, state, id, options.again)) console.error(line);
  return code;
}

function farewell(code: number, run: RunOnWire | null, id: string, again: string): string[] {
  const back = `conclave runs watch ${id}${again}`;
  switch (code) {
    case exitCodes.interrupted:
      return [`The run goes on. Come back with "${back}", or end it with "conclave runs cancel ${id}${again}".`];
    case exitCodes.timeOut:
      return [`The time is up; the run goes on. Come back with "${back}".`];
    case exitCodes.costLimit:
      return [`A limit is reached. Go on with "conclave runs resume ${id} ${run?.reason?.code === 'token_cap' ? '--max-tokens-total NUMBER' : '--max-cost USD'}${again}", or read what is done with "conclave runs samples ${id}${again}".`];
    default:
      return run ? afterwards(run, id, again) : [];
  }
}

function afterwards(run: RunOnWire, id: string, again: string): string[] {
  const errors = run.benchmarks.reduce((sum, one) => sum + one.errors, 0);
  const retry = run.status === 'canceled' ? 'requeue' : 'retry-errors';
  return [
    ...(errors > 0 ? [`${String(errors)} without an answer, which are not counted as wrong: see "conclave runs samples ${id} --status error${again}", ask them again with "conclave runs ${retry} ${id}${again}".`] : []),
    ...(run.status === 'succeeded' ? [`Keep it with "conclave runs export ${id} -o ${id}.zip${again}".`] : [`Take it up again with "conclave runs requeue ${id}${again}".`]),
  ];
}
