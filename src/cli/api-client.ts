import { setTimeout as wait } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import type { Server } from './find-server.js';

/** An answer of the API that is an error, with its stable word and what else it tells. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';

  constructor(
    message: string,
    readonly status: number,
    readonly code: string | null,
    /** The `conclave` object of the error. */
    readonly details: Record<string, unknown>,
  ) {
    super(message);
  }
}

/** The API could not be asked, or its answer did not come: whether it did what it was asked is not known. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

const facts = z.object({ message: z.string().nullish(), detail: z.string().nullish(), title: z.string().nullish(), code: z.string().nullish(), conclave: z.record(z.string(), z.unknown()).nullish() });
const problem = facts.extend({ error: facts.nullish() });

/** Asks the API; throws `ApiRefusal` for every answer that is an error, and `NoAnswer` where there is none. */
export async function ask(server: Server, path: string, request: { method?: string; body?: unknown; headers?: Record<string, string> } = {}): Promise<Response> {
  const isForm = request.body instanceof FormData;
  const { 'content-type': json, ...others } = server.headers;
  const body = request.body === undefined ? undefined : request.body instanceof FormData ? request.body : JSON.stringify(request.body);
  const response = await fetch(`${server.url}${path}`, {
    method: request.method ?? 'GET',
    headers: { ...others, ...(!isForm && body !== undefined && json !== undefined && { 'content-type': json }), ...request.headers },
    ...(body !== undefined && { body }),
  }).catch((error: unknown) => {
    throw new NoAnswer(`${server.url} gave no answer (${error instanceof Error ? messageOf(error) : String(error)}).`, { cause: error });
  });
  if (response.ok) return response;
  const text = await response.text();
  const parsed = problem.safeParse(parseJson(text));
  const told = parsed.success ? { ...parsed.data, ...parsed.data.error } : {};
  const message = told.message ?? told.detail ?? told.title ?? `HTTP ${String(response.status)}: ${text.slice(0, 500)}`;
  throw new ApiRefusal(response.status === 401 ? `${message} Give it to this command as --key or CONCLAVE_API_KEY.` : message, response.status, told.code ?? null, told.conclave ?? {});
}

/** A job of the API whose events can be followed. */
export interface FollowedJob<State> {
  /** Of the job itself, such as `/api/batches/batch_1`; its events are below it. */
  path: string;
  /** Reads a state as an event carries it. */
  parse: (json: unknown) => State;
}

/** What a reader of events is told. */
export interface EventReader<State> {
  /** `json`: the same with every field the API sent. */
  state: (state: State, json: unknown) => void;
  /** The connection is gone, and is tried again. */
  lost: (why: string) => void;
}

/** A stream that is silent for longer is dead: the API says something every ten seconds. */
const silenceMs = 30_000;
const firstPauseMs = 500;
const longestPauseMs = 5_000;

/** Reads a job's events until it is over or `signal` fires, through restarts of the API. Throws `ApiRefusal` where the API refuses for good. */
export async function followEvents<State>(server: Server, { path, parse }: FollowedJob<State>, on: EventReader<State>, signal: AbortSignal): Promise<void> {
  let lastEventId: string | undefined;
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    const silence = new AbortController();
    try {
      const response = await fetch(`${server.url}${path}/events`, {
        headers: { ...server.headers, accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
        signal: AbortSignal.any([signal, silence.signal]),
      });
      if (response.status === 204) return;
      // Told by the same words as any other request.
      if (response.status >= 400 && response.status < 500 && response.status !== 429) await ask(server, path);
      if (!response.ok || response.body === null) throw new Error(`HTTP ${String(response.status)}`);
      pauseMs = firstPauseMs;
      const isOver = await read(response.body, silence, (event) => {
        lastEventId = event.id ?? lastEventId;
        const json: unknown = JSON.parse(event.data);
        on.state(parse(json), json);
        return event.event === 'done';
      });
      if (isOver) return;
      throw new Error('the stream ended');
    } catch (error) {
      if (isGone(signal)) return;
      if (error instanceof ApiRefusal || error instanceof z.ZodError) throw error;
      on.lost(error instanceof Error ? messageOf(error) : String(error));
    }
    await wait(pauseMs, undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(longestPauseMs, pauseMs * 2);
  }
}

/** Reads events until one of them is the last, which is whether the return is true, or the stream ends. */
async function read(body: ReadableStream<Uint8Array>, silence: AbortController, take: (event: { id?: string | undefined; event?: string | undefined; data: string }) => boolean): Promise<boolean> {
  const seen = { last: false };
  const parser = createParser({ onEvent: (event) => { seen.last = take(event) || seen.last; } });
  const decoder = new TextDecoder();
  let timer = setTimeout(() => silence.abort(), silenceMs);
  try {
    // Node's fetch streams bytes; its type leaves the chunk open.
    for await (const bytes of body as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
      parser.feed(decoder.decode(bytes, { stream: true }));
      if (seen.last) return true;
    }
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Asked anew each time: it may fire during any wait. */
function isGone(signal: AbortSignal): boolean {
  return signal.aborted;
}

function messageOf(error: Error): string {
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
