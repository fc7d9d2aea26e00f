import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { spoilBallot } from './answers/ballot-texts.js';
import { composeReply, usageOf } from './answers/compose-reply.js';
import { readTask } from './answers/read-task.js';
import { parseModelName, profileOf } from './model-profile.js';
import type { OpenRequest, RequestOutcome } from './request-log.js';
import { ballotEffects, type Effects, type MatchSubject } from './rules.js';
import { pause, sendJson, sendStream, untilAborted } from './send-answer.js';
import type { SimulatedReply } from './simulated-request.js';
import type { SimulatedState } from './simulated-state.js';
import { InvalidRequest, objectOf, type WireFormat, type WireTrouble } from './wire/wire-format.js';
import type { Route } from './wire/route.js';

type GenerateRoute = Extract<Route, { kind: 'generate' }>;

/** Answers one request for text: reads, remembers, holds, fails or answers it as rules and profile say. */
export async function handleGenerate(state: SimulatedState, route: GenerateRoute, incoming: IncomingMessage, response: ServerResponse, rawBody: string): Promise<void> {
  const path = incoming.url ?? '';
  const fingerprint = createHash('sha256').update(`${route.provider}|${path.split('?')[0] ?? ''}|`).update(rawBody).digest('hex').slice(0, 24);
  const headers = redacted(incoming);
  const parsed = parse(route, rawBody);
  if (!parsed.ok) {
    const subject = { provider: route.provider, model: '', base: '', task: 'answer', endpoint: 'invalid', rawBody };
    const open = state.log.begin({ subject, fingerprint, path: redactedPath(path), headers, body: rawBody.slice(0, 2000) });
    sendError(response, route.format, { status: 400, kind: 'plain', message: parsed.message, retryAfterSeconds: null });
    state.log.end(open, { outcome: 'rejected', status: 400, effect: null });
    return;
  }
  const { request, body } = parsed;
  const name = parseModelName(request.model);
  const task = readTask(request);
  const subject: MatchSubject = { provider: request.provider, model: request.model, base: name.base, task: task.name, endpoint: request.endpoint, rawBody };
  const open = state.log.begin({ subject, fingerprint, path: redactedPath(path), headers, body });
  const abort = new AbortController();
  response.on('close', () => {
    // Also told after a complete answer; an abort costs an exception object each.
    if (!response.writableFinished) abort.abort();
  });
  const effects = state.rules.take(subject, name.effects, name.retryAfterSeconds, open.logged.number);
  const profile = profileOf(request.provider, name, state.profiles);
  const end = (outcome: RequestOutcome, status: number | null, reply?: SimulatedReply): void => {
    const { inputTokens = 0, outputTokens = 0 } = reply?.usage ?? {};
    const answer = reply?.choices.map((choice) => choice.text || choice.toolCalls.map((call) => `${call.name}(${call.argumentsJson})`).join('; ')).join('\n---\n');
    state.log.end(open, { outcome, status, effect: effectOf(effects), ...(outcome === 'answered' && { inputTokens, outputTokens }), ...(answer !== undefined && { answer }) });
  };
  if (effects.hold) await hold(state, open, abort.signal);
  if (hasInvalidKey(incoming)) effects.fault ??= { name: '401', retryAfterSeconds: null };
  if (effects.fault && (await failOutright(effects, { response, format: route.format, signal: abort.signal }))) {
    end('fault', abort.signal.aborted ? null : response.statusCode);
    return;
  }
  const recorded = state.recorded.find({ base: name.base, question: task.question, fingerprint });
  const input = { request, task, base: name.base, profile, seed: state.seed, repetition: state.log.repetitionOf(fingerprint), recorded: { ...recorded, answer: effects.answer ?? recorded.answer } };
  const composed = composeReply(input);
  const reply = spoil(composed, effects);
  if (reply !== composed) reply.usage = usageOf(request, reply.choices, profile);
  const identity = { id: `sim${fingerprint.slice(0, 16)}${open.logged.number.toString(36)}`, created: Math.floor(Date.now() / 1000) };
  const sending = { response, signal: abort.signal, format: route.format, request, reply, identity, profile, effects, onFirstText: () => { open.logged.firstTextAt = performance.timeOrigin + performance.now(); } };
  const complete = await (request.stream ? sendStream(sending) : sendJson(sending));
  end(complete ? 'answered' : effects.fault ? 'fault' : 'aborted', 200, reply);
}

/** Sends an error in a provider's own form. */
export function sendError(response: ServerResponse, format: WireFormat, trouble: WireTrouble): void {
  const retry = trouble.retryAfterSeconds;
  response
    .writeHead(trouble.status, { 'content-type': 'application/json', 'x-request-id': 'req_simulated', ...(retry !== null && { 'retry-after': String(retry) }) })
    .end(JSON.stringify(format.error(trouble)));
}

function parse(route: GenerateRoute, rawBody: string): { ok: true; request: ReturnType<WireFormat['parse']>; body: Record<string, unknown> } | { ok: false; message: string } {
  try {
    const body = objectOf(JSON.parse(rawBody));
    return { ok: true, body, request: route.format.parse({ provider: route.provider, body, pathModel: route.pathModel, stream: route.stream }) };
  } catch (error) {
    if (error instanceof InvalidRequest) return { ok: false, message: error.message };
    if (error instanceof SyntaxError) return { ok: false, message: 'We could not parse the JSON body of your request.' };
    throw error;
  }
}

async function hold(state: SimulatedState, open: OpenRequest, signal: AbortSignal): Promise<void> {
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
async function failOutright(effects: Effects, to: { response: ServerResponse; format: WireFormat; signal: AbortSignal }): Promise<boolean> {
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

function spoil(reply: SimulatedReply, effects: Effects): SimulatedReply {
  const fault = effects.fault?.name;
  if (fault === undefined) return reply;
  const choices = reply.choices.map((choice) => {
    if (fault === 'empty') return { ...choice, text: '', toolCalls: [], finishReason: 'stop' as const };
    if (fault === 'content_filter') return { ...choice, text: '', toolCalls: [], finishReason: 'content_filter' as const };
    if (fault === 'truncate') return { ...choice, text: choice.text.slice(0, Math.ceil(choice.text.length / 2)), toolCalls: [], finishReason: 'length' as const };
    return ballotEffects.includes(fault) ? { ...choice, text: spoilBallot(choice.text, fault) } : choice;
  });
  return { ...reply, choices };
}

function effectOf(effects: Effects): string | null {
  const names = [effects.hold && 'hold', effects.slowMs > 0 && 'slow', effects.answer !== null && 'answer', effects.fault?.name].filter(Boolean);
  return names.length > 0 ? names.join('+') : null;
}

const keyHeaders = ['authorization', 'x-api-key', 'x-goog-api-key', 'api-key', 'cookie'];

function redacted(incoming: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, keyHeaders.includes(name) ? 'redacted' : Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}

function redactedPath(path: string): string {
  return path.replace(/([?&]key=)[^&]+/, '$1redacted');
}

/** A key that begins with `invalid` is refused, whatever the format. */
function hasInvalidKey(incoming: IncomingMessage): boolean {
  return keyHeaders.some((name) => /^(?:Bearer )?invalid/i.test(String(incoming.headers[name] ?? '')));
}
