import { Readable } from 'node:stream';
import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

/** Declares a route that ends in `sendEvents` for the OpenAPI document. */
export const ApiEventStream = (description: string) =>
  applyDecorators(
    ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Id of the last event the reader has' }),
    ApiResponse({ status: 200, description, content: { 'text/event-stream': {} } }),
    ApiResponse({ status: 204, description: 'The reader has the last event: an EventSource stops asking' }),
  );

/** Sends the frames as an event stream; null: the reader has them all. */
export function sendEvents(reply: FastifyReply, frames: AsyncIterable<string> | null): void {
  if (frames === null) return void reply.status(204).send();
  reply.headers({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' });
  reply.send(Readable.from(frames));
}
