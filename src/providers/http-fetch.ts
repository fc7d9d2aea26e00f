import { Agent, EnvHttpProxyAgent, request, type Dispatcher } from 'undici';
import { outgoingProxy } from '../config/outgoing-proxy.js';
import { processEnvironment } from '../config/process-environment.js';

/** Milliseconds for TCP and TLS; a host that does not answer within them is down. */
const connectTimeoutMs = 10_000;

/**
 * A pool of connections, through the proxy that the environment names, if any. Undici's own time-outs for headers and body (300 s) are off:
 * `CallDeadline` bounds every call, and a reasoning model may be silent for longer. Idle connections live 30 s, less where the server says so;
 * connections are not limited, because the worker limits calls.
 */
export function connectionPool(environment: NodeJS.ProcessEnv, timeoutMs: number = connectTimeoutMs): Dispatcher {
  const options = { headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 30_000, keepAliveMaxTimeout: 300_000, pipelining: 1 };
  const timeout = { timeout: timeoutMs };
  const proxy = outgoingProxy(environment);
  return proxy === null ? new Agent({ ...options, connect: timeout }) : new EnvHttpProxyAgent({ ...options, ...proxy, connect: timeout, requestTls: timeout, proxyTls: timeout });
}

/**
 * What the AI SDK calls for `fetch`: over kept-alive connections, without undici's hidden time-outs, and without redirects, so that nobody but the
 * configured host gets key and prompt. Built on `request`: 0.19 ms of CPU a call where `fetch` takes 0.51 (docs/decisions/2026-11-21-provider-adapters.md).
 */
export const httpFetch: typeof globalThis.fetch = (input, init) => fetchOver(sharedPool(), input, init);

let shared: Dispatcher | undefined;

/** The one pool of all providers, made at the first call: `.env` is read by then. */
export function sharedPool(): Dispatcher {
  return (shared ??= connectionPool(processEnvironment()));
}

/** `httpFetch` over a pool of the caller's own. */
export async function fetchOver(pool: Dispatcher, input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await request(input instanceof Request ? input.url : input, {
    dispatcher: pool,
    method: (init?.method ?? 'GET'), // The SDK's own constants.
    headers: { ...Object.fromEntries(new Headers(init?.headers)), 'accept-encoding': 'identity' },
    body: typeof init?.body === 'string' ? init.body : null,
    signal: init?.signal ?? null,
  });
  const headers = plainHeaders(response.headers);
  const status = response.statusCode;
  const streams = /^(?:text\/event-stream|application\/vnd\.amazon\.eventstream)/.test(headers['content-type'] ?? '');
  const body = streams ? ReadableStream.from(response.body as AsyncIterable<Uint8Array>) : await response.body.text();
  return new Response([204, 205, 304].includes(status) ? null : body, { status, headers });
}

/** Headers of undici as the AI SDK wants them: names in lower case, one text each. */
export function plainHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]])));
}
