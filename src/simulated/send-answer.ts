import type { ServerResponse } from 'node:http';
import type { ModelProfile } from './model-profile.js';
import type { Effects } from './rules.js';
import type { SimulatedReply, SimulatedRequest } from './simulated-request.js';
import type { AnswerIdentity, StreamFrame, WireFormat } from './wire/wire-format.js';

/** An answer on its way out. `signal` fires when the client goes away or the server stops. */
export interface Sending {
  response: ServerResponse;
  signal: AbortSignal;
  format: WireFormat;
  request: SimulatedRequest;
  reply: SimulatedReply;
  identity: AnswerIdentity;
  profile: ModelProfile;
  effects: Effects;
  /** Called when a stream's first text is written. */
  onFirstText: () => void;
}

/** Asked anew each time: the client may leave during any wait. */
function isGone(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Waits, unless there is nothing to wait for; resolves early when the signal fires. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || isGone(signal)) return;
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish);
  });
}

/** Resolves when the signal fires: a hang ends with its client. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (isGone(signal)) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

/** Sends a JSON answer, spoiled where a fault asks for it. Returns whether the whole answer went out. */
export async function sendJson(sending: Sending): Promise<boolean> {
  const { response, signal, reply, profile, effects } = sending;
  const tokens = reply.usage.outputTokens;
  await pause(profile.latencyMs + effects.slowMs + (profile.tokensPerSecond > 0 ? (tokens * 1000) / profile.tokensPerSecond : 0), signal);
  if (isGone(signal)) return false;
  const body = JSON.stringify(sending.format.answer(reply, sending.request, sending.identity));
  const fault = effects.fault?.name;
  if (fault === 'malformed_json') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body.slice(0, Math.floor(body.length / 2)));
    return false;
  }
  if (fault === 'cut' || fault === 'hang_stream' || fault === 'stream_error') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.write(body.slice(0, Math.floor(body.length / 2)));
    if (fault === 'hang_stream') await untilAborted(signal);
    else setImmediate(() => response.destroy());
    return false;
  }
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
  return true;
}

/** Streams an answer at the model's speed, spoiled where a fault asks for it. Returns whether the whole answer went out. */
export async function sendStream(sending: Sending): Promise<boolean> {
  const { response, signal, profile, effects, format } = sending;
  await pause(profile.latencyMs + effects.slowMs, signal);
  if (isGone(signal)) return false;
  const encoding = format.stream?.encoding ?? 'utf8';
  response.writeHead(200, { 'content-type': format.stream?.contentType ?? 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  const frames = [...format.frames(sending.reply, sending.request, sending.identity)];
  const fault = effects.fault?.name;
  const spoiled = fault === 'cut' || fault === 'hang_stream' || fault === 'stream_error' || fault === 'malformed_json';
  sending.onFirstText();
  await writePaced(response, spoiled ? firstThird(frames) : frames, { tokensPerSecond: profile.tokensPerSecond, encoding }, signal);
  if (isGone(signal)) return false;
  if (!spoiled) {
    response.end();
    return true;
  }
  if (fault === 'hang_stream') await untilAborted(signal);
  else if (fault === 'cut') setImmediate(() => response.destroy());
  else response.end(fault === 'stream_error' ? format.streamError('The simulated model failed in mid-stream.') : 'data: {"id":"chatcmpl-broken","choices":[{"in\n\n', encoding);
  return false;
}

/** Frames up to a third of the text, at least its first piece. */
function firstThird(frames: StreamFrame[]): StreamFrame[] {
  const total = frames.reduce((sum, frame) => sum + frame.tokens, 0);
  let sent = 0;
  return frames.filter((frame) => {
    const within = sent < Math.max(1, total / 3);
    sent += frame.tokens;
    return within;
  });
}

async function writePaced(response: ServerResponse, frames: StreamFrame[], { tokensPerSecond, encoding }: { tokensPerSecond: number; encoding: BufferEncoding }, signal: AbortSignal): Promise<void> {
  if (tokensPerSecond <= 0) {
    response.write(frames.map((frame) => frame.data).join(''), encoding);
    return;
  }
  const startedAt = performance.now();
  let sent = 0;
  let first = true;
  let pending = '';
  for (const frame of frames) {
    const dueAt = startedAt + (sent * 1000) / tokensPerSecond;
    if (frame.tokens > 0 && !first && dueAt - performance.now() > 1) {
      if (pending) response.write(pending, encoding);
      pending = '';
      await pause(dueAt - performance.now(), signal);
      if (isGone(signal)) return;
    }
    pending += frame.data;
    if (frame.tokens > 0) first = false;
    sent += frame.tokens;
  }
  if (pending) response.write(pending, encoding);
}
