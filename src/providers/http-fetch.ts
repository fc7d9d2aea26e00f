import { Agent, fetch as undiciFetch } from 'undici';

/** Milliseconds for TCP and TLS; a host that does not answer within them is down. */
const connectTimeoutMs = 10_000;

/**
 * One pool for all providers. Its own time-outs for headers and body (300 s in undici) are off: `CallDeadline` bounds every call, and a
 * reasoning model may be silent for longer. Idle connections live 30 s, less where the server says so; connections are not limited,
 * because the worker limits calls.
 */
const agent = new Agent({
  connect: { timeout: connectTimeoutMs },
  headersTimeout: 0,
  bodyTimeout: 0,
  keepAliveTimeout: 30_000,
  keepAliveMaxTimeout: 300_000,
  pipelining: 1,
});

/** `fetch` over kept-alive connections, without undici's hidden time-outs and without redirects: nobody but the configured host gets key and prompt. */
export const httpFetch: typeof globalThis.fetch = (input, init) => {
  const options = { ...init, dispatcher: agent, redirect: 'error' };
  // undici's own types and the global ones are the same standard, declared twice.
  return undiciFetch(input as Parameters<typeof undiciFetch>[0], options as Parameters<typeof undiciFetch>[1]);
};
