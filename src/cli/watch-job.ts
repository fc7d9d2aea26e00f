import { createLogUpdate } from 'log-update';
import { followEvents, type FollowedJob } from './api-client.js';
import { exitCodes } from './exit-codes.js';
import type { Server } from './find-server.js';

/** A job of the API that can be shown until it is over. */
export interface WatchedJob<State> extends FollowedJob<State> {
  /** What people call it: batch, run. */
  what: string;
  /** For a terminal of `width` columns, `elapsedSeconds` after the state was told. */
  screen: (state: State, shown: { width: number; elapsedSeconds: number }) => string;
  /** For logs. */
  line: (state: State) => string;
  /** What of a state is worth a line when it changes; missing: its line but the ETA. */
  milestone?: (state: State) => string;
  /** null: it goes on. */
  exitCodeOf: (state: State) => number | null;
}

export interface WatchOptions {
  /** One JSON line per change. */
  json: boolean;
  /** null: as long as it takes. */
  timeoutMs: number | null;
}

/** Shows a job until it is over, and returns the exit code with the last state. Ctrl-C and the time limit end the watch and leave the job alone. */
export async function watchJob<State>(server: Server, job: WatchedJob<State>, options: WatchOptions): Promise<{ code: number; state: State | null }> {
  const abort = new AbortController();
  const view: View<State> = options.json ? jsonView() : process.stdout.isTTY ? liveView(job) : lineView(job);
  const seen: { state: State | null; end: number | null } = { state: null, end: null };
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
      state: (state: State, json: unknown) => {
        seen.state = state;
        view.show(state, json);
        const code = job.exitCodeOf(state);
        if (code !== null) finish(code);
      },
      lost: (why: string) => view.lost(why),
    };
    await followEvents(server, job, on, abort.signal);
  } finally {
    clearTimeout(timer);
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
    view.end();
  }
  return { code: seen.end ?? exitCodes.error, state: seen.state };
}

interface View<State> {
  show(state: State, json: unknown): void;
  lost(why: string): void;
  end(): void;
}

function jsonView(): View<unknown> {
  return {
    show: (_, json) => console.log(JSON.stringify(json)),
    lost: (why) => console.error(`The API is away (${why}); trying again.`),
    end: () => undefined,
  };
}

function lineView<State>({ line: lineOf, milestone }: Pick<WatchedJob<State>, 'line' | 'milestone'>): View<State> {
  let last = '';
  const say = (line: string, what: string): void => {
    if (what !== last) console.log(`${new Date().toISOString()} ${line}`);
    last = what;
  };
  // Estimates of the end move all the time.
  const lasting = (state: State): string => milestone?.(state) ?? lineOf(state).replace(/ · ETA [^·]+/, '');
  return { show: (state) => say(lineOf(state), lasting(state)), lost: (why) => say(`the API is away (${why}), trying again`, why), end: () => undefined };
}

/** Drawn anew on every change and every second, as ages grow. */
function liveView<State>({ what, screen: draws }: Pick<WatchedJob<State>, 'what' | 'screen'>): View<State> {
  const draw = createLogUpdate(process.stdout, { showCursor: true });
  let latest: { state: State; at: number } | null = null;
  let away: string | null = null;
  const redraw = (): void => {
    const screen = latest === null ? `Waiting for the ${what} …` : draws(latest.state, { width: process.stdout.columns, elapsedSeconds: (Date.now() - latest.at) / 1_000 });
    draw([screen, ...(away === null ? [] : [`The API is away (${away}); trying again.`])].join('\n'));
  };
  const timer = setInterval(redraw, 1_000);
  redraw();
  return {
    show: (state) => {
      [latest, away] = [{ state, at: Date.now() }, null];
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
