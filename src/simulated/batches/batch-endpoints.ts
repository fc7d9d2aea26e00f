import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { failOutright, effectOf, hasInvalidKey, hold, redacted, redactedPath, sendError } from '../request-effects.js';
import type { OpenRequest, RequestOutcome } from '../request-log.js';
import type { Effects, MatchSubject } from '../rules.js';
import { pause } from '../send-answer.js';
import type { SimulatedState } from '../simulated-state.js';
import { prepareAnthropic } from './anthropic-operations.js';
import { prepareGemini } from './gemini-operations.js';
import { prepareOpenai } from './openai-operations.js';
import { formatOf, RefusedOperation, type BatchContext, type Operation, type OperationReply, type OperationRequest, type PreparedOperation } from './operation.js';

const prepareBy = { openai: prepareOpenai, anthropic: prepareAnthropic, gemini: prepareGemini };

/** Answers one request on files and batches: reads it, remembers it, and does it, fails or loses the answer as the rules say. */
export async function handleOperation(state: SimulatedState, operation: Operation, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, query = ''] = (incoming.url ?? '').split('?');
  const origin = `http://${incoming.headers.host ?? '127.0.0.1'}`;
  const baseUrl = `${origin}${operation.basePath}${/\/upload\//.test(incoming.url ?? '') ? '/v1beta' : ''}`;
  const context: BatchContext = { state, provider: operation.provider, baseUrl };
  const prepared = await prepare(context, { operation, incoming, origin, query: new URLSearchParams(query) });
  await new OperationAnswer(state, operation, incoming, response, prepared).send();
}

async function prepare(context: BatchContext, request: OperationRequest): Promise<PreparedOperation> {
  try {
    return await prepareBy[request.operation.vendor](context, request);
  } catch (error) {
    if (!(error instanceof RefusedOperation)) throw error;
    request.incoming.resume();
    return { model: '', contains: '', body: null, perform: () => Promise.reject(error) };
  }
}

class OperationAnswer {
  private readonly abort = new AbortController();
  private readonly open: OpenRequest;
  private readonly effects: Effects;

  constructor(
    private readonly state: SimulatedState,
    private readonly operation: Operation,
    private readonly incoming: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly prepared: PreparedOperation,
  ) {
    const path = incoming.url ?? '';
    this.open = state.log.begin({ subject: this.subject(), fingerprint: null, path: redactedPath(path), headers: redacted(incoming), body: prepared.body });
    response.on('close', () => {
      if (!response.writableFinished) this.abort.abort();
    });
    this.effects = state.rules.take(this.subject(), [], null, this.open.logged.number);
    if (hasInvalidKey(incoming)) this.effects.fault ??= { name: '401', retryAfterSeconds: null };
  }

  async send(): Promise<void> {
    const { effects, response, prepared } = this;
    const { signal } = this.abort;
    const format = formatOf[this.operation.vendor];
    if (effects.hold) await hold(this.state, this.open, signal);
    if (effects.fault && (await failOutright(effects, { response, format, signal }))) {
      await prepared.drop?.();
      this.end('fault', signal.aborted ? null : response.statusCode);
      return;
    }
    await pause(effects.slowMs, signal);
    try {
      const reply = await prepared.perform();
      await this.deliver(reply);
    } catch (error) {
      if (!(error instanceof RefusedOperation)) throw error;
      sendError(response, format, { status: error.status, kind: 'plain', message: error.message, retryAfterSeconds: null });
      this.end('rejected', error.status);
    }
  }

  private async deliver(reply: OperationReply): Promise<void> {
    const { response } = this;
    const fault = this.effects.fault?.name;
    if (fault === 'hold_response') await hold(this.state, this.open, this.abort.signal);
    if (fault === 'lost_response' || this.isGone()) {
      response.destroy();
      this.end('fault', null);
      return;
    }
    if (reply.content) {
      response.writeHead(200, { 'content-type': reply.contentType ?? 'application/octet-stream', ...reply.headers });
      await this.pour(reply.content);
    } else {
      const json = JSON.stringify(reply.json);
      response.writeHead(200, { 'content-type': 'application/json', ...reply.headers }).end(fault === 'malformed_json' ? json.slice(0, Math.floor(json.length / 2)) : json);
    }
    this.end(fault === 'malformed_json' ? 'fault' : this.isGone() ? 'aborted' : 'answered', 200);
  }

  private async pour(content: AsyncIterable<Buffer>): Promise<void> {
    try {
      await pipeline(Readable.from(content), this.response);
    } catch (error) {
      // A client that leaves closes the pipe; anything else is a bug of ours.
      if (!this.isGone()) throw error;
    }
  }

  /** Asked anew each time: the client may leave during any wait. */
  private isGone(): boolean {
    return this.abort.signal.aborted;
  }

  private end(outcome: RequestOutcome, status: number | null): void {
    this.state.log.end(this.open, { outcome, status, effect: effectOf(this.effects) });
  }

  private subject(): MatchSubject {
    const { operation, prepared } = this;
    const isResult = operation.name === 'files.content' && this.state.jobs.isOutput(operation.provider, operation.id);
    return {
      provider: operation.provider, model: prepared.model, base: prepared.model.split('@')[0] ?? '', task: 'answer', endpoint: isResult ? 'batches.results' : operation.name,
      rawBody: prepared.contains, scope: 'operation',
    };
  }
}
