import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OpenRequest } from './request-log.js';
import type { Effects } from './rules.js';
import { pause, untilAborted } from './send-answer.js';
import type { SimulatedState } from './simulated-state.js';
import type { WireFormat, WireTrouble } from './wire/wire-format.js';

/** Sends an error in a provider's own form. */
export function sendError(response: ServerResponse, format: WireFormat, trouble: WireTrouble): void {
  const retry = trouble.retryAfterSeconds;
  response
    .writeHead(trouble.status, { 'content-type': 'application/json', 'x-request-id': 'req_simulated', ...(retry !== null && { 'retry-after': String(retry) }) })
    .end(JSON.stringify(format.error(trouble)));
}

/** Keeps a request until a release lets it go on, or its client leaves. */
export async function hold(state: SimulatedState, open: OpenRequest, signal: AbortSignal): Promise<void> {
  state.log.hold(open);
  await new Promise<void>((resolve) => {
    const gate = { subject: open.subject, open: resolve };
    state.gates.add(gate);
    signal.addEventListener('abort', () => {
      state.gates.delete(gate);
      resolve();
    });
  });
  if (open.logged.outcome === 'held') open.logged.outcome = 'running';
}

/** Faults that leave no room for an answer; `false` where the fault spoils the answer instead. */
export async function failOutright(effects: Effects, to: { response: ServerResponse; format: WireFormat; signal: AbortSignal }): Promise<boolean> {
  const { response, format, signal } = to;
  const name = effects.fault?.name ?? '';
  await pause(effects.slowMs, signal);
  if (signal.aborted) return true;
  if (name === 'hang') await untilAborted(signal);
  else if (name === 'network') response.destroy();
  else if (name === 'content_type') response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body><h1>Welcome to the captive portal</h1></body></html>');
  else if (name === 'context_length') sendError(response, format, { status: 400, kind: 'context_length', message: '', retryAfterSeconds: null });
  else if (name === 'quota') sendError(response, format, { status: 429, kind: 'quota', message: '', retryAfterSeconds: null });
  else if (/^\d+$/.test(name)) {
    const retryAfterSeconds = effects.fault?.retryAfterSeconds ?? (name === '429' ? 1 : null);
    sendError(response, format, { status: Number(name), kind: 'plain', message: `Simulated failure with status ${name}.`, retryAfterSeconds });
  } else return false;
  return true;
}

/** What was done to a request, as the log names it; null: nothing. */
export function effectOf(effects: Effects): string | null {
  const names = [effects.hold && 'hold', effects.slowMs > 0 && 'slow', effects.answer !== null && 'answer', effects.fenced && 'fenced', effects.fault?.name].filter(Boolean);
  return names.length > 0 ? names.join('+') : null;
}

const keyHeaders = ['authorization', 'x-api-key', 'x-goog-api-key', 'api-key', 'cookie'];

/** A request's headers without its keys. */
export function redacted(incoming: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, keyHeaders.includes(name) ? 'redacted' : Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}

/** A request's path without its key. */
export function redactedPath(path: string): string {
  return path.replace(/([?&]key=)[^&]+/, '$1redacted');
}

/** A key that begins with `invalid` is refused, whatever the format. */
export function hasInvalidKey(incoming: IncomingMessage): boolean {
  return keyHeaders.some((name) => /^(?:Bearer )?invalid/i.test(String(incoming.headers[name] ?? '')));
}
