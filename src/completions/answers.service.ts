import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorFor } from '../http/api-error.filter.js';
import { unavailable } from '../http/api-error.js';
import { CompletionStream, overdueError } from './completion-stream.js';
import { isCompleted, type CompletedRecord, type CompletionRecord } from './completion-record.js';
import { costText } from './conclave-object.js';
import { CompletionsService, type BegunCompletion } from './completions.service.js';
import { CompletionsStore } from './completions.store.js';
import { outcomeError } from './outcome-error.js';
import { ReplyWriter } from './reply-writer.js';
import { trioDetails } from './trio-details.js';
import { wires } from './wire.js';

/** Tells completions to their clients: as a stream, or as one JSON body, waited for as long as it takes. */
@Injectable()
export class AnswersService {
  constructor(
    private readonly completions: CompletionsService,
    private readonly store: CompletionsStore,
  ) {}

  /** Answers the request that began the completion. A client that goes away ends this, not the completion. */
  async send(begun: BegunCompletion, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    reply.headers({ 'x-conclave-completion-id': begun.id, 'x-conclave-attached': String(begun.attached) });
    const writer = new ReplyWriter(reply, this.completions.timings.stalledClientMs);
    await (begun.asked.stream ? this.stream(begun, writer, request) : this.json(begun, writer, { request, reply }));
  }

  /** Answers with a completion read by its id: its answer, its error, or that it runs. */
  sendRecord(record: CompletionRecord, endpoint: 'openai' | 'anthropic', reply: FastifyReply): void {
    if (record.status === 'running') {
      reply.header('x-conclave-completion-id', record.id).send(wires[endpoint].running(record));
      return;
    }
    if (!isCompleted(record)) throw outcomeError(record);
    reply.headers(recordHeaders(record)).send(wires[endpoint].response(record, { attached: false, options: {} }));
  }

  private async stream(begun: BegunCompletion, writer: ReplyWriter, request: FastifyRequest): Promise<void> {
    writer.begin({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' });
    await new CompletionStream(begun, wires[begun.asked.endpoint].stream(begun, request.id), writer, this.store, this.completions).run();
  }

  private async json(begun: BegunCompletion, writer: ReplyWriter, { request, reply }: { request: FastifyRequest; reply: FastifyReply }): Promise<void> {
    try {
      const record = await this.waitForAnswer(begun, writer);
      if (!record) return;
      const body = JSON.stringify(wires[begun.asked.endpoint].response(record, { attached: begun.attached, options: begun.asked.extensions.options }));
      if (writer.hasBegun) {
        await writer.end(body);
        return;
      }
      reply.headers(recordHeaders(record)).header('content-type', 'application/json; charset=utf-8').send(body);
    } catch (error) {
      if (!writer.hasBegun) throw error;
      // The status is sent already, so the body has to tell.
      await writer.end(JSON.stringify(errorFor(error, request).body));
    } finally {
      begun.feed.close();
    }
  }

  // Null: the client is gone.
  private async waitForAnswer(begun: BegunCompletion, writer: ReplyWriter): Promise<CompletedRecord | null> {
    const { timings } = this.completions;
    const headersAt = Date.now() + timings.earlyHeadersMs;
    const giveUpAt = begun.deadlineAt.getTime() + timings.patienceMs;
    writer.onGone(() => {
      begun.feed.close();
    });
    for (;;) {
      const wakeAt = Math.min(writer.hasBegun ? writer.lastWriteAt + timings.spaceMs : headersAt, Math.max(giveUpAt, Date.now() + 1_000));
      const event = await begun.feed.next(wakeAt - Date.now());
      if (writer.isGone) return null;
      if (event.kind === 'shutdown') throw unavailable('The server restarts. The completion goes on: repeat the request.', { completionId: begun.id, retryAfterMs: 1_000 });
      if (event.kind === 'done') {
        const record = await this.completions.outcome(begun.id);
        if (record && !isCompleted(record)) throw outcomeError(record);
        if (record) return record;
      }
      if (event.kind !== 'tick') continue;
      if (Date.now() > giveUpAt) throw overdueError(begun.id);
      if (!writer.hasBegun) writer.begin({ 'content-type': 'application/json; charset=utf-8' });
      await writer.write(' ');
    }
  }
}

// Where candidates compete and the winner is returned verbatim.
const votes = new Set(['approve', 'vote', 'rank']);

/** What clients may read without parsing the body. */
export function recordHeaders(record: CompletedRecord): Record<string, string> {
  const details = votes.has(record.strategy) ? trioDetails(record.decision) : null;
  return {
    'x-conclave-completion-id': record.id,
    'x-conclave-calls': String(record.callCount),
    ...(record.costKnown ? { 'x-conclave-cost-usd': costText(record.costNanoUsd) } : {}),
    ...(details === null ? {} : { 'x-trio-details': details }),
  };
}

