import { createHash } from 'node:crypto';
import type { Usage } from '../../../domain/chat/chat-request.js';
import { readTask } from '../answers/read-task.js';
import { parseModelName, profileOf } from '../model-profile.js';
import { replyTo } from '../reply-to.js';
import type { MatchSubject } from '../rules.js';
import type { SimulatedState } from '../simulated-state.js';
import { InvalidRequest } from '../wire/wire-format.js';
import type { JobLine, LineOutcome } from './job.js';

/** A line answered or refused. `usage` is what it costs, null for nothing; `spoiler` a `…_row` effect on the row it gets. */
export interface AnsweredLine {
  outcome: LineOutcome;
  usage: Usage | null;
  spoiler: string | null;
}

/** Answers a line as a realtime request with the same body would be answered: same text, same usage. Rules and the model's name may spoil it. */
export function answerLine(state: SimulatedState, provider: string, line: JobLine): AnsweredLine {
  const rawBody = JSON.stringify(line.body);
  const fingerprint = createHash('sha256').update(`${provider}|${line.path}|`).update(rawBody).digest('hex').slice(0, 24);
  const requestId = `req_${fingerprint}`;
  const refused = (status: number, message: string, kind: 'plain' | 'context_length' | 'quota' = 'plain'): AnsweredLine => ({
    outcome: { status, body: line.format.error({ status, kind, message, retryAfterSeconds: null }), requestId }, usage: null, spoiler: null,
  });
  let request;
  try {
    request = line.format.parse({ provider, body: line.body, pathModel: line.pathModel, stream: false });
  } catch (error) {
    if (error instanceof InvalidRequest) return refused(400, error.message);
    throw error;
  }
  const name = parseModelName(request.model);
  const task = readTask(request);
  const subject: MatchSubject = { provider, model: request.model, base: name.base, task: task.name, endpoint: request.endpoint, rawBody, scope: 'line' };
  state.log.beginLine(subject, fingerprint);
  const repetition = state.log.repetitionOf(fingerprint);
  const effects = state.rules.take(subject, name.effects, name.retryAfterSeconds, `${fingerprint} ${repetition}`);
  const fault = effects.fault?.name ?? null;
  if (fault === 'context_length' || fault === 'quota') return refused(fault === 'quota' ? 429 : 400, '', fault);
  if (fault !== null && /^\d+$/.test(fault)) return refused(Number(fault), `Simulated failure with status ${fault}.`);
  const reply = replyTo(state, { request, task, base: name.base, profile: profileOf(provider, name, state.profiles), fingerprint, effects });
  const spoiler = fault?.endsWith('_row') ? fault : null;
  if (spoiler !== 'missing_row') state.log.answerLine(fingerprint);
  const identity = { id: `sim${fingerprint.slice(0, 16)}${repetition.toString(36)}`, created: Math.floor(Date.now() / 1000) };
  return { outcome: { status: 200, body: line.format.answer(reply, request, identity), requestId }, usage: spoiler === 'missing_row' ? null : reply.usage, spoiler };
}
