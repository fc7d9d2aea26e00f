import { createLogUpdate } from 'log-update';
import { followBatch } from './batch-client.js';
import { batchLine, batchScreen, exitCodeOf, exitCodes } from './batch-view.js';
import type { BatchOnWire } from './batch-wire.js';
import type { Server } from './find-server.js';

export interface WatchOptions {
  /** One JSON line per change. */
  json: boolean;
  /** null: as long as it takes. */
  timeoutMs: number | null;
  /** How the command line would be called again, without its command: `--url …`. */
  again: string;
}

/** Shows a batch until it is over, and returns the exit code. Ctrl-C and the time limit end the watch and leave the batch alone. */
export async function watchBatch(server: Server, id: string, options: WatchOptions): Promise<number> {
  const abort = new AbortController();
  const view = options.json ? jsonView() : process.stdout.isTTY ? liveView() : lineView();
  const seen: { batch: BatchOnWire | null; end: number | null } = { batch: null, end: null };
  const finish = (code: number): void => {
    seen.end ??= code;
    abort.abort();
  };
  const interrupt = (): void => finish(exitCodes.interrupted);
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  // Timers take no more than 24.8 days.
  const timer = options.timeoutMs === null ? undefined : setTimeout(() => finish(exitCodes.timeOut), Math.min(options.timeoutMs, 2_147_483_647));
  try {
    const on = {
      batch: (batch: BatchOnWire) => {
        seen.batch = batch;
        view.show(batch);
        const code = exitCodeOf(batch);
        if (code !== null) finish(code);
      },
      lost: (why: string) => view.lost(why),
    };
    await followBatch(server, id, on, abort.signal);
  } finally {
    clearTimeout(timer);
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
    view.end();
  }
  const code = seen.end ?? exitCodes.error;
  for (const line of farewell(code, seen.batch, id, options)) console.error(line);
  return code;
}

function farewell(code: number, batch: BatchOnWire | null, id: string, { again }: WatchOptions): string[] {
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

interface View {
  show(batch: BatchOnWire): void;
  lost(why: string): void;
  end(): void;
}

function jsonView(): View {
  return {
    show: (batch) => console.log(JSON.stringify(batch)),
    lost: (why) => console.error(`The API is away (${why}); trying again.`),
    end: () => undefined,
  };
}

function lineView(): View {
  let last = '';
  const say = (line: string): void => {
    // Estimates of the end move all the time.
    const lasting = line.replace(/ · ETA [^·]+/, '');
    if (lasting !== last) console.log(`${new Date().toISOString()} ${line}`);
    last = lasting;
  };
  return { show: (batch) => say(batchLine(batch) + (batch.reason ? ` · ${batch.reason.message}` : '')), lost: (why) => say(`the API is away (${why}), trying again`), end: () => undefined };
}

/** Drawn anew on every change and every second, as ages grow. */
function liveView(): View {
  const draw = createLogUpdate(process.stdout, { showCursor: true });
  let latest: { batch: BatchOnWire; at: number } | null = null;
  let away: string | null = null;
  const redraw = (): void => {
    const screen = latest === null ? 'Waiting for the batch …' : batchScreen(latest.batch, { width: process.stdout.columns, elapsedSeconds: (Date.now() - latest.at) / 1_000 });
    draw([screen, ...(away === null ? [] : [`The API is away (${away}); trying again.`])].join('\n'));
  };
  const timer = setInterval(redraw, 1_000);
  redraw();
  return {
    show: (batch) => {
      [latest, away] = [{ batch, at: Date.now() }, null];
      redraw();
    },
    lost: (why) => {
      away = why;
      redraw();
    },
    end: () => {
      clearInterval(timer);
      draw.done();
    },
  };
}
