import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readTask } from './answers/read-task.js';
import { parseModelName, profileOf } from './model-profile.js';
import { replyTo } from './reply-to.js';
import { effectOf, failOutright, hasInvalidKey, hold, redacted, redactedPath, sendError } from './request-effects.js';
import type { RequestOutcome } from './request-log.js';
import type { MatchSubject } from './rules.js';
import { sendJson, sendStream } from './send-answer.js';
import type { SimulatedReply } from './simulated-request.js';
import type { SimulatedState } from './simulated-state.js';
import { InvalidRequest, objectOf, type WireFormat } from './wire/wire-format.js';
import type { Route } from './wire/route.js';

type GenerateRoute = Extract<Route, { kind: 'generate' }>;

/** Answers one request for text: reads, remembers, holds, fails or answers it as rules and profile say. */
export async function handleGenerate(state: SimulatedState, route: GenerateRoute, incoming: IncomingMessage, response: ServerResponse, rawBody: string): Promise<void> {
  const path = incoming.url ?? '';
  const fingerprint = createHash('sha256').update(`${route.provider}|${path.split('?')[0] ?? ''}|`).update(rawBody).digest('hex').slice(0, 24);
  const headers = redacted(incoming);
  const parsed = parse(route, rawBody);
  if (!parsed.ok) {
    const subject = { provider: route.provider, model: '', base: '', task: 'answer', endpoint: 'invalid', rawBody, scope: 'request' as const };
    const open = state.log.begin({ subject, fingerprint, path: redactedPath(path), headers, body: rawBody.slice(0, 2000) });
    sendError(response, route.format, { status: 400, kind: 'plain', message: parsed.message, retryAfterSeconds: null });
    state.log.end(open, { outcome: 'rejected', status: 400, effect: null });
    return;
  }
  const { request, body } = parsed;
  const name = parseModelName(request.model);
  const task = readTask(request);
  const subject: MatchSubject = { provider: request.provider, model: request.model, base: name.base, task: task.name, endpoint: request.endpoint, rawBody, scope: 'request' };
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
  const reply = replyTo(state, { request, task, base: name.base, profile, fingerprint, effects });
  const identity = { id: `sim${fingerprint.slice(0, 16)}${open.logged.number.toString(36)}`, created: Math.floor(Date.now() / 1000) };
  const sending = { response, signal: abort.signal, format: route.format, request, reply, identity, profile, effects, onFirstText: () => { open.logged.firstTextAt = performance.timeOrigin + performance.now(); } };
  const complete = await (request.stream ? sendStream(sending) : sendJson(sending));
  end(complete ? 'answered' : effects.fault ? 'fault' : 'aborted', 200, reply);
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
